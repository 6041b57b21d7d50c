// The tables of a container, version 1. Used by container.cpp only. A later version adds a step that turns the one before into
// its own.
#pragma once

namespace vigil::client {

inline constexpr char schema_v1[] = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- people (records/people)
CREATE TABLE relays (
  root BLOB PRIMARY KEY, number INTEGER NOT NULL UNIQUE, routes BLOB NOT NULL, owner_seed BLOB NOT NULL, invite BLOB,
  self_address BLOB, bundle_sequence INTEGER NOT NULL, bundle_not_after_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE contacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, identity BLOB NOT NULL UNIQUE, checked INTEGER NOT NULL,
  responder INTEGER NOT NULL, met_s INTEGER NOT NULL, through INTEGER NOT NULL DEFAULT 0);
CREATE TABLE reaches (
  contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, root BLOB NOT NULL, number INTEGER NOT NULL,
  routes BLOB NOT NULL, address BLOB NOT NULL, bundle BLOB NOT NULL, bundle_sequence INTEGER NOT NULL,
  PRIMARY KEY (contact, root)) WITHOUT ROWID;
CREATE TABLE given (
  hash BLOB PRIMARY KEY, root BLOB NOT NULL, address BLOB NOT NULL, given_to INTEGER NOT NULL,
  contact INTEGER REFERENCES contacts (id) ON DELETE CASCADE, until_s INTEGER NOT NULL, card_secret BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX given_contact ON given (contact);
CREATE TABLE tiers (
  place INTEGER PRIMARY KEY, contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, tier INTEGER NOT NULL,
  after_s INTEGER NOT NULL);

-- keys (key_store)
CREATE TABLE own_keys (kind INTEGER NOT NULL, id INTEGER NOT NULL, created_s INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE rising (which INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE sessions (name TEXT NOT NULL, device INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (name, device));
CREATE TABLE firsts (which BLOB PRIMARY KEY, message BLOB NOT NULL, content_id BLOB NOT NULL, until_s INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE INDEX firsts_until ON firsts (until_s);
CREATE TABLE meeting_trust (identity BLOB PRIMARY KEY, until_s INTEGER NOT NULL) WITHOUT ROWID;

-- story (records/story)
CREATE TABLE inbox (
  row INTEGER PRIMARY KEY AUTOINCREMENT, content_id BLOB NOT NULL, contact INTEGER NOT NULL, received_s INTEGER NOT NULL,
  content BLOB NOT NULL, shown INTEGER NOT NULL, UNIQUE (content_id, contact));
CREATE TABLE sent (
  content_id BLOB NOT NULL, contact INTEGER NOT NULL, sent_s INTEGER NOT NULL, content BLOB NOT NULL, arrived_s INTEGER NOT NULL,
  seen_s INTEGER NOT NULL, PRIMARY KEY (content_id, contact)) WITHOUT ROWID;
CREATE TABLE sent_copies (copy_id BLOB PRIMARY KEY, content_id BLOB NOT NULL, contact INTEGER NOT NULL) WITHOUT ROWID;
-- messages without a receipt, and nothing of their text (records/underway)
CREATE TABLE underway (
  content_id BLOB NOT NULL, contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, written_s INTEGER NOT NULL,
  handed_s INTEGER NOT NULL, PRIMARY KEY (content_id, contact)) WITHOUT ROWID;
CREATE TABLE due_receipts (
  row INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL, kind INTEGER NOT NULL, content_id BLOB NOT NULL,
  due_s INTEGER NOT NULL);
CREATE TABLE remembered (key BLOB PRIMARY KEY, at_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX remembered_at ON remembered (at_s);

-- alerts (alert_book): the whole record, and by which of its vigils and contents it is found
CREATE TABLE alert_records (
  alert_id BLOB PRIMARY KEY, record BLOB NOT NULL, first_s INTEGER NOT NULL, over_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE alert_vigils (vigil_id BLOB PRIMARY KEY, alert_id BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE alert_contents (content_id BLOB PRIMARY KEY, alert_id BLOB NOT NULL, vigil_id BLOB NOT NULL) WITHOUT ROWID;

-- meetings under way (meetings)
CREATE TABLE meetings (
  row INTEGER PRIMARY KEY, mine INTEGER NOT NULL, through BLOB NOT NULL, identity BLOB NOT NULL, secret BLOB NOT NULL,
  name TEXT NOT NULL, reach BLOB NOT NULL, she INTEGER NOT NULL, i INTEGER NOT NULL, until_s INTEGER NOT NULL);

-- responders by consent and plans (records/agreements, records/plans)
CREATE TABLE agreements (
  side INTEGER NOT NULL, contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, word INTEGER NOT NULL,
  lawyer INTEGER NOT NULL, asked_s INTEGER NOT NULL, said_s INTEGER NOT NULL, off INTEGER NOT NULL, off_until_s INTEGER NOT NULL,
  days INTEGER NOT NULL, from_min INTEGER NOT NULL, to_min INTEGER NOT NULL, utc_offset_min INTEGER NOT NULL,
  reach BLOB NOT NULL, PRIMARY KEY (side, contact)) WITHOUT ROWID;
CREATE TABLE plans_sent (
  contact INTEGER PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE, plan_id BLOB NOT NULL, content_id BLOB NOT NULL,
  sent_s INTEGER NOT NULL, arrived_s INTEGER NOT NULL);
CREATE TABLE plans_held (
  row INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
  plan_id BLOB NOT NULL, sealed BLOB NOT NULL, came_s INTEGER NOT NULL, UNIQUE (contact, plan_id));
CREATE TABLE waiting_copies (
  row INTEGER PRIMARY KEY AUTOINCREMENT, copy_id BLOB NOT NULL UNIQUE,
  contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, root BLOB NOT NULL, delivery BLOB NOT NULL,
  came_s INTEGER NOT NULL);

-- what `ready` counts (records/readiness)
CREATE TABLE probes (
  contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE, root BLOB NOT NULL, next_s INTEGER NOT NULL,
  good_s INTEGER NOT NULL, refused_s INTEGER NOT NULL, PRIMARY KEY (contact, root)) WITHOUT ROWID;
CREATE TABLE drills (alert_id BLOB PRIMARY KEY, pressed_s INTEGER NOT NULL, lawyer INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE drill_people (alert_id BLOB NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY (alert_id, contact)) WITHOUT ROWID;
CREATE TABLE drill_bookings (contact INTEGER PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE, at_s INTEGER NOT NULL);

-- people whose alerts do not ring here for a while (tell)
CREATE TABLE mutes (identity BLOB PRIMARY KEY, until_s INTEGER NOT NULL) WITHOUT ROWID;
-- check-ins and places of others (watches, places)
CREATE TABLE watched (
  checkin_id BLOB NOT NULL, person BLOB NOT NULL, every_s INTEGER NOT NULL, grace_s INTEGER NOT NULL, begun_s INTEGER NOT NULL,
  last_s INTEGER NOT NULL, counts_from_s INTEGER NOT NULL, roots BLOB NOT NULL, forced INTEGER NOT NULL, fired INTEGER NOT NULL,
  over_s INTEGER NOT NULL, PRIMARY KEY (checkin_id, person)) WITHOUT ROWID;
CREATE TABLE signs (
  content_id BLOB PRIMARY KEY, checkin_id BLOB NOT NULL, person BLOB NOT NULL, forced INTEGER NOT NULL, at_s INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE shares (
  share_id BLOB NOT NULL, person BLOB NOT NULL, until_s INTEGER NOT NULL, exact INTEGER NOT NULL, seen_by TEXT NOT NULL,
  over_s INTEGER NOT NULL, PRIMARY KEY (share_id, person)) WITHOUT ROWID;
CREATE TABLE places (
  person BLOB NOT NULL, at_s INTEGER NOT NULL, exact INTEGER NOT NULL, about BLOB NOT NULL, fix BLOB NOT NULL,
  PRIMARY KEY (person, at_s, exact)) WITHOUT ROWID;
CREATE INDEX places_about ON places (about);
)sql";

}  // namespace vigil::client
