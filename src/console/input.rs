//! Keys as the rest of the room knows them, whatever terminal they came from.

use ratatui::crossterm::event::{Event as Raw, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Something that happened at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A key, or a piece of text that was pasted.
    Key(Key),
    /// The terminal has another size now.
    Resized,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A character.
    Char(char),
    /// A letter with Ctrl.
    Control(char),
    /// Pasted text.
    Paste(String),
    Enter,
    Escape,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    WordLeft,
    WordRight,
    Backspace,
    Delete,
}

/// What an event of the terminal's means; nothing for those that mean nothing here.
///
/// Terminals send Alt as Escape before the key, and so does whoever is quick with Escape and the next key: where
/// the two have no meaning together, they are two.
pub(super) fn events(raw: Raw) -> Vec<Event> {
    if let Raw::Key(event) = &raw
        && let KeyCode::Char(letter) = event.code
        && event.modifiers.contains(KeyModifiers::ALT)
        && key(event).is_none()
        && event.kind != KeyEventKind::Release
    {
        return vec![Event::Key(Key::Escape), Event::Key(Key::Char(letter))];
    }
    event(raw).into_iter().collect()
}

fn event(raw: Raw) -> Option<Event> {
    match raw {
        Raw::Key(event) => key(&event).map(Event::Key),
        Raw::Paste(text) => Some(Event::Key(Key::Paste(text))),
        Raw::Resize(..) => Some(Event::Resized),
        // The wheel arrives as arrow keys: terminals make it so on a screen like ours.
        Raw::Mouse(_) | Raw::FocusGained | Raw::FocusLost => None,
    }
}

fn key(event: &KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let is_word = event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match event.code {
        KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Control(letter.to_ascii_lowercase())
        }
        KeyCode::Char('b') if event.modifiers.contains(KeyModifiers::ALT) => Key::WordLeft,
        KeyCode::Char('f') if event.modifiers.contains(KeyModifiers::ALT) => Key::WordRight,
        KeyCode::Char(_) if event.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left if is_word => Key::WordLeft,
        KeyCode::Right if is_word => Key::WordRight,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        key(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_mean_what_they_do_at_other_prompts() {
        let none = KeyModifiers::NONE;
        assert_eq!(
            pressed(KeyCode::Char('S'), KeyModifiers::SHIFT),
            Some(Key::Char('S'))
        );
        assert_eq!(
            pressed(KeyCode::Char('C'), KeyModifiers::CONTROL),
            Some(Key::Control('c'))
        );
        assert_eq!(pressed(KeyCode::Left, KeyModifiers::CONTROL), Some(Key::WordLeft));
        assert_eq!(
            pressed(KeyCode::Char('f'), KeyModifiers::ALT),
            Some(Key::WordRight)
        );
        assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::ALT), None);
        assert_eq!(pressed(KeyCode::F(1), none), None);
        let mut up = KeyEvent::new(KeyCode::Up, none);
        up.kind = KeyEventKind::Release;
        assert_eq!(key(&up), None);
    }

    #[test]
    fn escape_and_a_quick_key_are_two_keys() {
        let quick = Raw::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT));
        let keys = [Key::Escape, Key::Char('q')].map(Event::Key);
        assert_eq!(events(quick), keys);
        let word = Raw::Key(KeyEvent::new(KeyCode::Char('b'), KeyModifiers::ALT));
        assert_eq!(events(word), [Event::Key(Key::WordLeft)]);
    }

    #[test]
    fn what_is_pasted_is_text_and_never_keys() {
        assert_eq!(
            event(Raw::Paste("q\n".to_owned())),
            Some(Event::Key(Key::Paste("q\n".to_owned())))
        );
    }
}
