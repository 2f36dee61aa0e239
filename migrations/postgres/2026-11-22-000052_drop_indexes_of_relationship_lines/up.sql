-- Lines of a batch are joined whole, by hashing; keeping these indexes cost more than all that they answered. The old ones are
-- looked for once in a while, in a table that is mostly empty.
DROP INDEX relationship_line_person;
DROP INDEX relationship_line_age;
