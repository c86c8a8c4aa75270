-- The script of the workload sqlite: a database of 10 MB in a file on the guest's tmpfs, with fewer
-- pages in sqlite's own cache, so that pages come and go. Only integers are printed.
.bail on
PRAGMA journal_mode = DELETE;
PRAGMA cache_size = -4000;
CREATE TABLE item (
  id INTEGER PRIMARY KEY, shelf INTEGER, weight INTEGER, name TEXT, picture BLOB);

BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
INSERT INTO item
SELECT i, i * 7919 % 997, i * 104729 % 65537, 'item ' || i * 31337 % 9001, zeroblob(1000) FROM n;
COMMIT;
CREATE INDEX item_shelf ON item (shelf, weight);

SELECT 'rows', count(*), sum(weight), sum(length(picture)) FROM item;
SELECT 'shelves', count(*) FROM (SELECT shelf FROM item GROUP BY shelf HAVING sum(weight) > 300000);
SELECT 'pairs', count(*), sum(length(b.picture))
FROM item AS a JOIN item AS b ON b.shelf = a.shelf AND b.weight > a.weight
WHERE a.id % 4 = 0;

BEGIN;
UPDATE item SET weight = weight * 3 % 65537 WHERE id % 3 = 0;
DELETE FROM item WHERE shelf BETWEEN 100 AND 150;
COMMIT;

SELECT 'sorted', sum(weight * place % 1000003)
FROM (SELECT weight, row_number() OVER (ORDER BY name DESC) AS place FROM item);
SELECT 'after', count(*), sum(weight) FROM item;
PRAGMA integrity_check;
