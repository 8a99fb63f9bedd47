-- Version 7: what stands in the way of an edit is found by its path alone, whatever the checkout.

CREATE INDEX lock_by_path ON lock (path);
