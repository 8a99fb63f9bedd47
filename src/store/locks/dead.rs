//! Leases that no longer hold, found without reading those that do: every session that begins looks for them.

use anyhow::Result;
use rusqlite::params;

use super::super::Read;
use super::super::agents::{SIGHTING, sighting};
use crate::domain::lock::Lock;
use crate::domain::time::Moment;

/// What has lapsed by the time since boot, and by the clock on the wall what was taken under another boot. The rule
/// is [`crate::domain::lock::remaining`]; here it only has to let nothing out.
const LAPSED: &str = "SELECT fence FROM lock WHERE is_implicit = 0 AND boot = ?1 AND uptime + ttl <= ?2
     UNION ALL
     SELECT fence FROM lock WHERE is_implicit = 0 AND boot < ?1 AND abs(leased_at - ?3) >= ttl
     UNION ALL
     SELECT fence FROM lock WHERE is_implicit = 0 AND boot > ?1 AND abs(leased_at - ?3) >= ttl";

impl Read<'_> {
    /// The leases that somebody took on purpose and that no longer hold, in order of acquisition.
    pub(super) fn dead_locks(&self) -> Result<Vec<Lock>> {
        let Moment { wall, uptime, boot } = self.world.now;
        // Where nobody knows when the machine was started, only the wall clock counts.
        let boot = if boot == 0 { i64::MIN } else { boot };
        let mut fences = self.rows(LAPSED, params![boot, uptime, wall], |row| row.get(0))?;
        for holder in self.holders_gone()? {
            fences.extend(self.rows(
                "SELECT fence FROM lock WHERE agent_id = ?1 AND is_implicit = 0",
                [holder],
                |row| row.get::<_, i64>(0),
            )?);
        }
        let mut locks = self.locks_with_fences(&fences)?;
        locks.retain(|lock| !lock.is_implicit && !lock.is_live(&self.world.now));
        locks.sort_by_key(|lock| (lock.acquired_at, lock.fence));
        Ok(locks)
    }

    /// The agents that hold leases and are not here any more: one look at each holder, however much it holds.
    fn holders_gone(&self) -> Result<Vec<String>> {
        let sql = format!(
            "WITH RECURSIVE holder (id) AS (
                 SELECT min(agent_id) FROM lock
                 UNION ALL
                 SELECT (SELECT min(l.agent_id) FROM lock l WHERE l.agent_id > holder.id)
                 FROM holder WHERE holder.id IS NOT NULL)
             SELECT holder.id, {SIGHTING} FROM holder LEFT JOIN presence p ON p.agent_id = holder.id
             WHERE holder.id IS NOT NULL"
        );
        let holders = self.rows(&sql, [], |row| {
            let is_living = self.world.presence(&sighting(row, 1)?).is_living();
            Ok((row.get(0)?, is_living))
        })?;
        let gone = holders.into_iter().filter(|(_, is_living)| !is_living);
        Ok(gone.map(|(id, _)| id).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::domain::agent::Kin;
    use crate::domain::lock::{Key, Wanted};
    use crate::domain::presence::{Life, ProcessTable, Proof, Thresholds, Turn, World};
    use crate::domain::time::Moment;
    use crate::store::{Acquisition, Purpose, Registration, Store, create};

    struct Nobody;

    impl ProcessTable for Nobody {
        fn life(&self, _: &Proof) -> Life {
            Life::Unknown
        }
    }

    fn at(wall: i64, uptime: i64, boot: i64) -> World<'static> {
        World {
            now: Moment { wall, uptime, boot },
            thresholds: Thresholds::default(),
            processes: &Nobody,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// However clocks jump and machines start anew: those that are found are those that no longer hold.
        #[test]
        fn what_no_longer_holds_is_found_whatever_the_clocks_did(
            taken in prop::collection::vec((0..4_i64, 0..9_000_i64, 0..9_000_i64, 0..3_i64, 1..5_000_i64), 1..12),
            ended in prop::collection::vec(0..4_i64, 0..3),
            now in (0..9_000_i64, 0..9_000_i64, 0..3_i64),
        ) {
            let place = tempfile::tempdir().unwrap();
            let database = place.path().join("coordination/state.sqlite");
            create(&database, 1, |_| Ok(())).unwrap();
            let mut store = Store::open(&database, Purpose::Hook).unwrap();
            for (number, (agent, wall, uptime, boot, ttl)) in taken.iter().enumerate() {
                let id = format!("agent-{agent}");
                store.write(&at(*wall, *uptime, *boot), |write| {
                    write.register(&Registration { id: &id, ..Registration::default() })?;
                    let keys = [Wanted::plain(Key::Resource(number.to_string()))];
                    let kin = Kin { id: &id, parent: None };
                    write.grant_all(&Acquisition::new(kin, &keys, *ttl)).map(|_| ())
                }).unwrap();
            }
            for agent in ended {
                store.write(&at(0, 0, 0), |write| write.set_turn(&format!("agent-{agent}"), Turn::Ended)).unwrap();
            }
            let world = at(now.0, now.1, now.2);
            let (found, mut expected) = store.read(&world, |read| {
                Ok((read.dead_locks()?, read.locks(true)?))
            }).unwrap();
            expected.retain(|lock| !lock.is_live(&world.now));
            prop_assert_eq!(found, expected);
        }
    }
}
