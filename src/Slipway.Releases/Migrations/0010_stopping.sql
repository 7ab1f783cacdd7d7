-- 1: it is told to stop, or is about to be: whatever is wanted meanwhile, it gets no request any more and goes.
ALTER TABLE drains ADD COLUMN stopping INTEGER NOT NULL DEFAULT 0;
