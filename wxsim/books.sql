-- The stand-in's books. Times are seconds since 1970 on the shared clock; amounts are fen.
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, openid TEXT NOT NULL UNIQUE, unionid TEXT NOT NULL, made_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('login', 'phone')), user TEXT NOT NULL,
    phone TEXT, made_at REAL NOT NULL, used_at REAL
);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, made_at REAL NOT NULL, expires_at REAL NOT NULL, dead INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS forced_tokens (at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS nonces_at ON nonces (at);
CREATE TABLE IF NOT EXISTS trades (
    out_trade_no TEXT PRIMARY KEY, openid TEXT NOT NULL, description TEXT NOT NULL, attach TEXT NOT NULL,
    notify_url TEXT NOT NULL, total INTEGER NOT NULL CHECK (total > 0), fingerprint TEXT NOT NULL,
    expires_at REAL, made_at REAL NOT NULL, state TEXT NOT NULL CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED')),
    transaction_id TEXT UNIQUE, paid_at REAL, closed_at REAL, refused_at REAL, pays_itself_at REAL
);
CREATE INDEX IF NOT EXISTS trades_paid ON trades (paid_at);
CREATE INDEX IF NOT EXISTS trades_of ON trades (openid, made_at);
CREATE INDEX IF NOT EXISTS trades_itself ON trades (pays_itself_at) WHERE pays_itself_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS prepays (
    prepay_id TEXT PRIMARY KEY, out_trade_no TEXT NOT NULL REFERENCES trades, made_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS prepays_of ON prepays (out_trade_no, made_at);
CREATE TABLE IF NOT EXISTS refunds (
    out_refund_no TEXT PRIMARY KEY, refund_id TEXT NOT NULL UNIQUE, out_trade_no TEXT NOT NULL REFERENCES trades,
    amount INTEGER NOT NULL CHECK (amount > 0), fingerprint TEXT NOT NULL, reason TEXT NOT NULL,
    notify_url TEXT NOT NULL, made_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL')),
    becomes TEXT NOT NULL, decided_at REAL NOT NULL, finished_at REAL
);
CREATE INDEX IF NOT EXISTS refunds_of ON refunds (out_trade_no, made_at);
CREATE INDEX IF NOT EXISTS refunds_open ON refunds (decided_at) WHERE status = 'PROCESSING';
CREATE INDEX IF NOT EXISTS refunds_finished ON refunds (finished_at);
CREATE TABLE IF NOT EXISTS notifications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, event_type TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, out_refund_no TEXT, notify_url TEXT NOT NULL, resource TEXT NOT NULL,
    made_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'lost', 'given_up')),
    waits_for_other INTEGER NOT NULL DEFAULT 0, habits TEXT NOT NULL DEFAULT '{}',
    last_status INTEGER, last_error TEXT, sent_headers TEXT, sent_body TEXT
);
CREATE INDEX IF NOT EXISTS notifications_due ON notifications (due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS notifications_open ON notifications (state) WHERE state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS notifications_of ON notifications (out_trade_no);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, times INTEGER, options TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bill_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, bill TEXT NOT NULL, bill_date TEXT NOT NULL, edit TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bill_files (
    token TEXT PRIMARY KEY, content BLOB NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY, private_key TEXT NOT NULL, certificate TEXT NOT NULL, made_at REAL NOT NULL,
    valid_from REAL NOT NULL, valid_until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS wire (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, direction TEXT NOT NULL, call TEXT NOT NULL,
    method TEXT NOT NULL, target TEXT NOT NULL, status INTEGER, request TEXT NOT NULL, answer TEXT NOT NULL,
    milliseconds REAL NOT NULL, fault TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS activity (openid TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS message_push (
    one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, token TEXT NOT NULL, aes_key TEXT
);
CREATE TABLE IF NOT EXISTS pushes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, openid TEXT NOT NULL, body TEXT NOT NULL, media_url TEXT,
    verdict TEXT, made_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'lost', 'given_up')),
    habits TEXT NOT NULL DEFAULT '{}', last_status INTEGER, last_error TEXT
);
CREATE INDEX IF NOT EXISTS pushes_due ON pushes (due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS pushes_open ON pushes (state) WHERE state IN ('pending', 'sending');
CREATE TABLE IF NOT EXISTS templates (template_id TEXT PRIMARY KEY, title TEXT NOT NULL, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS consents (
    openid TEXT NOT NULL, template_id TEXT NOT NULL REFERENCES templates, balance INTEGER NOT NULL CHECK (balance >= 0),
    PRIMARY KEY (openid, template_id)
);
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, template_id TEXT NOT NULL, title TEXT NOT NULL,
    page TEXT NOT NULL, fields TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_of ON inbox (openid, id);
CREATE TABLE IF NOT EXISTS shipments (
    out_trade_no TEXT PRIMARY KEY REFERENCES trades, logistics_type INTEGER NOT NULL, delivery_mode INTEGER NOT NULL,
    upload_time REAL NOT NULL, finished INTEGER NOT NULL CHECK (finished BETWEEN 0 AND 2), shipped_at REAL, received_at REAL,
    reminded_at REAL
);
CREATE TABLE IF NOT EXISTS shipped_parcels (
    out_trade_no TEXT NOT NULL REFERENCES trades, express_company TEXT NOT NULL, tracking_no TEXT NOT NULL,
    item_desc TEXT NOT NULL, contact TEXT, upload_time REAL NOT NULL, PRIMARY KEY (out_trade_no, express_company, tracking_no)
);
