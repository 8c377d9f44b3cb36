-- What a turn's verdicts are about, as its record commits to it; missing where nothing was checked.

ALTER TABLE turns ADD COLUMN evidence bytea;
