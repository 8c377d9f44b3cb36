-- Full text tables are made with each collection; this row keeps both databases at one version.

SELECT 1;
