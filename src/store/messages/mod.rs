//! Messages, their recipients, and how far each has come.

mod fate;
mod mail;
mod offer;
mod send;

use rusqlite::Row;

use crate::domain::message::{Message, Offer, Priority, Progress, State};
use crate::domain::time::Moment;

pub use send::{Sending, Sent};

/// The columns that [`message`] reads.
const COLUMNS: &str = "m.id, m.sender_id, coalesce(a.name, m.sender_id), m.address, m.body, m.reply_to, m.created_at,
     m.uptime, m.boot, m.priority, m.ttl, m.wants_ack, coalesce(r.directed, m.address <> 'all'),
     CASE WHEN r.agent_id IS NOT NULL THEN coalesce(d.state, 'delivered') END, d.state_at, d.offers, d.reminders,
     d.session, d.offered_at, d.uptime, d.boot, d.delivered_at, r.read_at, r.acked_at, d.kept_for";

/// How many columns of [`COLUMNS`] stand before those that [`progress`] reads.
const OF_MESSAGE: usize = 13;

/// The tables that [`COLUMNS`] are read from, for one recipient of each message. Crossed, so that the few rows
/// of one state are looked up first, not all the mail that the recipient ever got; and by name of an index, because
/// SQLite would read all of that again for each of them.
const TABLES: &str = "delivery d CROSS JOIN message m ON m.id = d.message_id
     CROSS JOIN recipient r INDEXED BY recipient_by_message ON r.message_id = d.message_id AND r.agent_id = d.agent_id
     LEFT JOIN agent a ON a.id = m.sender_id";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let is_recipient = row.get::<_, Option<String>>(OF_MESSAGE)?.is_some();
    Ok(Message {
        id: row.get(0)?,
        sender: row.get(1)?,
        sender_name: row.get(2)?,
        address: row.get(3)?,
        body: row.get(4)?,
        reply_to: row.get(5)?,
        created: Moment {
            wall: row.get(6)?,
            uptime: row.get(7)?,
            boot: row.get(8)?,
        },
        priority: Priority::parse(&row.get::<_, String>(9)?),
        ttl: row.get(10)?,
        wants_ack: row.get(11)?,
        is_directed: row.get(12)?,
        progress: is_recipient.then(|| progress(row, OF_MESSAGE)).transpose()?,
    })
}

/// Reads the last columns of [`COLUMNS`], which begin at column `at`.
fn progress(row: &Row<'_>, at: usize) -> rusqlite::Result<Progress> {
    let offer = match row.get::<_, Option<String>>(at + 4)? {
        Some(session) => Some(Offer {
            session,
            at: Moment {
                wall: row.get(at + 5)?,
                uptime: row.get(at + 6)?,
                boot: row.get(at + 7)?,
            },
        }),
        None => None,
    };
    Ok(Progress {
        state: State::parse(&row.get::<_, String>(at)?),
        since: row.get::<_, Option<i64>>(at + 1)?.unwrap_or_default(),
        offers: row.get::<_, Option<u32>>(at + 2)?.unwrap_or_default(),
        reminders: row.get::<_, Option<u32>>(at + 3)?.unwrap_or_default(),
        offer,
        delivered_at: row.get(at + 8)?,
        read_at: row.get(at + 9)?,
        acked_at: row.get(at + 10)?,
        kept_for: row.get(at + 11)?,
    })
}
