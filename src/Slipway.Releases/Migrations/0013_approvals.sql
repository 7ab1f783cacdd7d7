-- Whose approvals every release of the app asks for, as JSON (ApprovalRule), whatever its file says; NULL: nobody's.
ALTER TABLE apps ADD COLUMN approvals TEXT;
