-- Who records are about. A subject has a small number, so that a record
-- repeats four bytes instead of a name.
CREATE TABLE subjects (
  number INTEGER PRIMARY KEY,          -- 1, 2, 3, ... in order of appearance
  name   TEXT NOT NULL UNIQUE          -- member/ana
) STRICT;

-- The log itself, in its one order.
CREATE TABLE records (
  position INTEGER PRIMARY KEY,        -- 0, 1, 2, ...: the records before this one
  id       BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  recorded INTEGER NOT NULL,           -- microseconds since 1970, UTC; never decreases
  subject  INTEGER NOT NULL REFERENCES subjects (number),
  type     TEXT NOT NULL,
  data     BLOB NOT NULL CHECK (length(data) BETWEEN 1 AND 65535)
) STRICT;

-- For auditors; the program finds a subject's records in its projections.
CREATE INDEX records_of_subject ON records (subject, position);

-- Texts and attachments, under the SHA-256 of their content.
CREATE TABLE bodies (
  number INTEGER PRIMARY KEY,          -- 1, 2, 3, ...
  hash   BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  body   BLOB NOT NULL CHECK (length(body) <= 921600)
) STRICT;

-- The triggers keep the log's promise against any other program that opens
-- the file. Inserting is refused out of turn, and also where INSERT OR REPLACE
-- would put a row in the place of another, which no delete trigger sees.
CREATE TRIGGER records_insert BEFORE INSERT ON records BEGIN
  SELECT RAISE(ABORT, 'comity: a record goes to the end of the log')
   WHERE NEW.position IS NOT (SELECT coalesce(max(position), -1) + 1 FROM records);
  SELECT RAISE(ABORT, 'comity: this record id is in the log')
   WHERE EXISTS (SELECT 1 FROM records WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'comity: recorded time goes back')
   WHERE NEW.recorded < (SELECT recorded FROM records WHERE position = NEW.position - 1);
  SELECT RAISE(ABORT, 'comity: no such subject')
   WHERE NOT EXISTS (SELECT 1 FROM subjects WHERE number = NEW.subject);
END;
CREATE TRIGGER records_update BEFORE UPDATE ON records BEGIN
  SELECT RAISE(ABORT, 'comity: a record is never changed');
END;
CREATE TRIGGER records_delete BEFORE DELETE ON records BEGIN
  SELECT RAISE(ABORT, 'comity: a record is never deleted');
END;

CREATE TRIGGER subjects_insert BEFORE INSERT ON subjects BEGIN
  SELECT RAISE(ABORT, 'comity: a subject gets the next number')
   WHERE NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM subjects);
  SELECT RAISE(ABORT, 'comity: this subject has a number')
   WHERE EXISTS (SELECT 1 FROM subjects WHERE name = NEW.name);
END;
CREATE TRIGGER subjects_update BEFORE UPDATE ON subjects BEGIN
  SELECT RAISE(ABORT, 'comity: a subject is never changed');
END;
CREATE TRIGGER subjects_delete BEFORE DELETE ON subjects BEGIN
  SELECT RAISE(ABORT, 'comity: a subject is never deleted');
END;

CREATE TRIGGER bodies_insert BEFORE INSERT ON bodies BEGIN
  SELECT RAISE(ABORT, 'comity: a body gets the next number')
   WHERE NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM bodies);
  SELECT RAISE(ABORT, 'comity: this body is kept already')
   WHERE EXISTS (SELECT 1 FROM bodies WHERE hash = NEW.hash);
END;
CREATE TRIGGER bodies_update BEFORE UPDATE ON bodies BEGIN
  SELECT RAISE(ABORT, 'comity: a body is never changed');
END;
CREATE TRIGGER bodies_delete BEFORE DELETE ON bodies BEGIN
  SELECT RAISE(ABORT, 'comity: a body is never deleted');
END;

-- For people: SELECT * FROM log WHERE subject = 'member/ana';
CREATE VIEW log AS
SELECT r.position,
       strftime('%Y-%m-%dT%H:%M:%S', r.recorded / 1000000 - (r.recorded % 1000000 < 0), 'unixepoch')
         || printf('.%06dZ', (r.recorded % 1000000 + 1000000) % 1000000) AS recorded,
       s.name AS subject,
       r.type,
       CAST(r.data AS TEXT) AS data,
       lower(hex(r.id)) AS id
  FROM records AS r JOIN subjects AS s ON s.number = r.subject;
