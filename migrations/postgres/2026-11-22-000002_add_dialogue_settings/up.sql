-- What a service is called in Nynorsk, and how citizens write to it: an object of JSON, closed where it says nothing.
ALTER TABLE service ADD COLUMN name_nynorsk text;
ALTER TABLE service ADD COLUMN dialogue text NOT NULL DEFAULT '{}';
