-- Version 2. It is for PostgreSQL; here it changes nothing. It may be run by hand, and again; then write 2 into
-- oauth_dcr_schema.
SELECT 1;
