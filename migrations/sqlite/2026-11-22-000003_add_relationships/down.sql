DROP TABLE relationship_line;
DROP TABLE relationship;
