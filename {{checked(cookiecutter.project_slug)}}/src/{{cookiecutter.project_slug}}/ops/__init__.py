"""What the application needs to serve others; ``docs/production.md`` says how."""
