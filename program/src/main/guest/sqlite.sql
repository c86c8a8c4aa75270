-- The script of the workload sqlite: a database in a file on the guest's tmpfs.
.bail on
PRAGMA journal_mode = DELETE;
PRAGMA cache_size = -2000; -- 2 MiB, less than the database: pages come and go
CREATE TABLE item (id INTEGER PRIMARY KEY, shelf INTEGER, weight INTEGER, name TEXT);

BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO item
SELECT i, i * 7919 % 997, i * 104729 % 65537, printf('item %08d of %s', i, hex(i * 31337))
FROM n;
COMMIT;
CREATE INDEX item_shelf ON item (shelf, weight);

SELECT 'rows', count(*), sum(weight), max(name) FROM item;
SELECT 'shelves', count(*) FROM (SELECT shelf FROM item GROUP BY shelf HAVING avg(weight) > 32768);
SELECT 'pairs', count(*)
FROM item AS a JOIN item AS b ON b.shelf = a.shelf AND b.weight > a.weight
WHERE a.id % 50 = 0;

BEGIN;
UPDATE item SET weight = weight * 3 % 65537 WHERE id % 3 = 0;
DELETE FROM item WHERE shelf BETWEEN 100 AND 150;
COMMIT;

SELECT 'sorted', sum(weight * place % 1000003)
FROM (SELECT weight, row_number() OVER (ORDER BY name DESC) AS place FROM item);
SELECT 'after', count(*), sum(weight) FROM item;
PRAGMA integrity_check;
