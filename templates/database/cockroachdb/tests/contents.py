"""What is in a database, for tests to drop."""

# Its rows are statements.
DROP_EVERYTHING = """
SELECT statement FROM (
    SELECT 1 AS turn, 'DROP SCHEMA ' || quote_ident(schema_name) || ' CASCADE'
        AS statement
    FROM information_schema.schemata
    WHERE schema_name NOT IN ('public', 'information_schema', 'crdb_internal')
        AND schema_name NOT LIKE 'pg_%'
    UNION ALL
    SELECT 2, 'DROP VIEW IF EXISTS ' || quote_ident(table_name) || ' CASCADE'
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'VIEW'
    UNION ALL
    SELECT 3, 'DROP TABLE IF EXISTS ' || quote_ident(table_name) || ' CASCADE'
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    UNION ALL
    SELECT 4, 'DROP SEQUENCE IF EXISTS ' || quote_ident(sequence_name) || ' CASCADE'
    FROM information_schema.sequences WHERE sequence_schema = 'public'
    UNION ALL
    SELECT 5, 'DROP TYPE IF EXISTS ' || quote_ident(typname)
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
    WHERE nspname = 'public' AND typtype = 'e'
) AS contents
ORDER BY turn
"""
