//! Which task somebody means.

use anyhow::Result;

use crate::domain::id::Noun;
use crate::domain::task::Task;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::Read;
use crate::store::ids::Matching;

impl Read<'_> {
    /// The task that `text` names: an id, a unique beginning of one, or a title in any case.
    ///
    /// # Errors
    /// [`Refusal`] when none or more than one is meant.
    pub fn find_task(&self, text: &str) -> Result<Task> {
        let wanted = text.trim();
        let matching = self.matching_ids(Noun::Task, wanted)?;
        let id = if let Matching::One(id) = matching {
            id
        } else {
            let titled: Vec<String> = self.rows(
                "SELECT id FROM task WHERE title = ?1 COLLATE NOCASE ORDER BY created_at LIMIT 6",
                [wanted],
                |row| row.get(0),
            )?;
            let shown = clean(wanted, Field::Title);
            match (matching, titled.as_slice()) {
                (_, [id]) => id.clone(),
                (Matching::None, []) => {
                    return Err(Refusal::missing(format!("no task '{shown}'"))
                        .hint("`agent-sync task list` shows them")
                        .into());
                }
                (Matching::Several(ids), []) => {
                    return Err(
                        Refusal::usage(format!("'{shown}' begins several ids: {}", ids.join(", "))).into(),
                    );
                }
                (_, several) => {
                    return Err(
                        Refusal::usage(format!("'{shown}' is the title of {} tasks", several.len()))
                            .hint(format!("name one by its id: {}", several.join(", ")))
                            .into(),
                    );
                }
            }
        };
        self.task(&id)?
            .ok_or_else(|| Refusal::missing("no such task").into())
    }
}
