raise ModuleNotFoundError("No module named 'MySQLdb'")
