"""What sessions and generation cost, measured in turns against what they replace."""
