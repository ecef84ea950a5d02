"""What is in a database, for tests to drop."""

# Its rows are statements. Foreign keys go first, and types when nothing has them.
DROP_EVERYTHING = """
SELECT statement FROM (
    SELECT 1 AS turn, 'ALTER TABLE ' + QUOTENAME(SCHEMA_NAME(schema_id)) + '.'
        + QUOTENAME(OBJECT_NAME(parent_object_id)) + ' DROP CONSTRAINT '
        + QUOTENAME(name) AS statement
    FROM sys.foreign_keys
    UNION ALL
    SELECT CASE type WHEN 'V' THEN 2 WHEN 'U' THEN 3 ELSE 4 END,
        'DROP ' + CASE type WHEN 'V' THEN 'VIEW' WHEN 'U' THEN 'TABLE'
        WHEN 'SO' THEN 'SEQUENCE' WHEN 'P' THEN 'PROCEDURE' ELSE 'FUNCTION' END + ' '
        + QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name)
    FROM sys.objects
    WHERE type IN ('V', 'U', 'SO', 'P', 'FN', 'IF', 'TF') AND is_ms_shipped = 0
    UNION ALL
    SELECT 5, 'DROP TYPE ' + QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name)
    FROM sys.types WHERE is_user_defined = 1
    UNION ALL
    SELECT 6, 'DROP SCHEMA ' + QUOTENAME(name)
    FROM sys.schemas WHERE schema_id BETWEEN 5 AND 16383
) AS contents
ORDER BY turn
"""
