"""What is in a database, for tests to drop."""

# Its rows are statements. They leave alone what is of an extension, or of others.
DROP_EVERYTHING = """
SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) FROM (
    SELECT 1 AS turn, 'SCHEMA' AS kind, quote_ident(nspname) AS name, oid
    FROM pg_namespace
    WHERE nspname NOT IN ('information_schema', 'public')
        AND nspname !~ '^pg_'
        AND nspname <> ALL (current_schemas(false))
        AND oid NOT IN (SELECT extnamespace FROM pg_extension)
        AND pg_has_role(nspowner, 'USAGE')
    UNION ALL
    SELECT 2, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
        WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
        quote_ident(nspname) || '.' || quote_ident(relname), pg_class.oid
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND nspname = ANY (current_schemas(false))
    UNION ALL
    SELECT 3, CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
        quote_ident(nspname) || '.' || quote_ident(typname), pg_type.oid
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
    WHERE nspname = ANY (current_schemas(false)) AND (typtype IN ('d', 'e', 'r')
        OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
    UNION ALL
    SELECT 4, 'ROUTINE', pg_proc.oid::regprocedure::text, pg_proc.oid
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = ANY (current_schemas(false))
) AS contents
WHERE NOT EXISTS (
    SELECT FROM pg_depend WHERE objid = contents.oid AND deptype IN ('e', 'i')
)
ORDER BY turn
"""
