//! Mail on its way into a hook's answer.
//!
//! That messages are about to be shown is noted before the answer is written, in the same transaction that
//! chooses them: two hooks of one agent never take the same message for new, and a hook that is killed while it
//! writes leaves behind that it was about to. Where nothing waits, nothing is written.

use anyhow::Result;

use super::scene::Scene;
use super::trouble;
use crate::error::Refusal;
use crate::frame::Frame;
use crate::render;
use crate::store::Read;

/// Messages that were put into a frame.
pub(super) struct Offer {
    /// Their ids.
    pub(super) ids: Vec<String>,
    /// What is to be said of those that were not.
    pub(super) left: Option<String>,
}

/// Whether there is anything to show, or to note of what was shown.
pub(super) fn is_there(scene: &Scene<'_>, read: &Read<'_>, directed_only: bool) -> Result<bool> {
    let me = scene.me.id.as_str();
    if !read.has_open_mail(me)? {
        return Ok(false);
    }
    let pending = read.pending(me, scene.session(), scene.stage(), directed_only)?;
    Ok(!pending.is_empty() || read.has_mail_to_settle(me)?)
}

/// Puts what waits into `frame`, as much as fits, and notes that it is about to be shown. While somebody else
/// keeps writing, nothing can be noted and so nothing is shown: it waits for the next hook.
pub(super) fn offer(scene: &Scene<'_>, directed_only: bool, frame: &mut Frame) -> Result<Offer> {
    let (me, session) = (scene.me.id.as_str(), scene.session());
    let now = &scene.world.now;
    let offered = scene.write(|write| {
        write.offer(me, session, scene.stage(), directed_only, |letters| {
            render::push::letters(frame, letters, now)
        })
    });
    let (shown, left) = match offered {
        Err(error) if Refusal::is_only_passing(&error) => {
            trouble::log(&scene.trouble(&error));
            return Ok(Offer {
                ids: Vec::new(),
                left: None,
            });
        }
        offered => offered?,
    };
    Ok(Offer {
        ids: shown.into_iter().flat_map(|letter| letter.ids).collect(),
        left: render::push::overflow(&left),
    })
}
