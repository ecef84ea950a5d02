"""The extension, module by module."""
