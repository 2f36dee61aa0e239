\set m random(1, :files)
\set n :n + 1
\set id :base + :client_id * 10000000 + :n
INSERT INTO load_file SELECT :id::bigint, bytes FROM load_file WHERE id = 1;
SELECT bytes FROM load_file WHERE id = :m;
