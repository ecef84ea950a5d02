"""What is in a database, for tests to drop, where it has no list of its own."""

# Its rows are statements.
DROP_EVERYTHING = """
SELECT statement FROM (
    SELECT 1 AS turn, 'DROP SCHEMA "' || schema_name || '" CASCADE' AS statement
    FROM information_schema.schemata
    WHERE schema_name NOT IN ('public', 'information_schema', 'crdb_internal')
        AND schema_name NOT LIKE 'pg_%'
    UNION ALL
    SELECT 2, 'DROP VIEW IF EXISTS "' || table_name || '" CASCADE'
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'VIEW'
    UNION ALL
    SELECT 3, 'DROP TABLE IF EXISTS "' || table_name || '" CASCADE'
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    UNION ALL
    SELECT 4, 'DROP SEQUENCE IF EXISTS "' || sequence_name || '" CASCADE'
    FROM information_schema.sequences WHERE sequence_schema = 'public'
) AS contents
ORDER BY turn
"""
