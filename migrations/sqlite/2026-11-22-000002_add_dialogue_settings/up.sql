-- What a service is called in Nynorsk, and how citizens write to it: an object of JSON, closed where it says nothing.
ALTER TABLE service ADD COLUMN name_nynorsk TEXT;
ALTER TABLE service ADD COLUMN dialogue TEXT NOT NULL DEFAULT '{}';
