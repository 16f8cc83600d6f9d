-- Version 2. It may be run by hand, and again; then write 2 into oauth_dcr_schema.

-- Documents are compressed in a fraction of the time, and take no more room. A server that was built without lz4, or knows no
-- methods of compression, refuses: then nothing is lost, and the version is 2 all the same. What is stored already stays
-- as it is until it is replaced.
ALTER TABLE oauth_dcr_clients ALTER COLUMN document SET COMPRESSION lz4;
