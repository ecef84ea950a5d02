"""What is in a database, for tests to drop."""

# Its rows are statements.
DROP_EVERYTHING = """
SELECT 'SET foreign_key_checks = 0'
UNION ALL
SELECT CONCAT(
    'DROP ', IF(table_type IN ('VIEW', 'SEQUENCE'), table_type, 'TABLE'),
    ' IF EXISTS `', REPLACE(table_name, '`', '``'), '`'
)
FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL
SELECT CONCAT('DROP ', routine_type, ' `', REPLACE(routine_name, '`', '``'), '`')
FROM information_schema.routines WHERE routine_schema = DATABASE()
UNION ALL
SELECT CONCAT('DROP EVENT `', REPLACE(event_name, '`', '``'), '`')
FROM information_schema.events WHERE event_schema = DATABASE()
"""
