-- Who may do what with apps. app: '*' for all of them. role: viewer, approver, deployer, admin, or one that approvals ask for by name.
CREATE TABLE app_members (
    app      TEXT NOT NULL,
    account  TEXT NOT NULL,
    role     TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created  TEXT NOT NULL,
    PRIMARY KEY (app, account, role)
);
CREATE INDEX app_members_by_account ON app_members (account);
