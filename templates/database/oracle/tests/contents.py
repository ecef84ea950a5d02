"""What is in a database, for tests to drop."""

# Its rows are statements. Sequences that the database has generated go with columns.
DROP_EVERYTHING = """
SELECT 'DROP ' || object_type || ' "' || object_name || '"'
    || CASE object_type WHEN 'TABLE' THEN ' CASCADE CONSTRAINTS PURGE'
    WHEN 'TYPE' THEN ' FORCE' ELSE '' END
FROM user_objects
WHERE generated = 'N' AND secondary = 'N' AND object_type IN (
    'FUNCTION', 'PACKAGE', 'PROCEDURE', 'SEQUENCE', 'TABLE', 'TYPE', 'VIEW'
)
ORDER BY object_type
"""
