//! `agent-sync completions`: made from the commands themselves, so that they cannot differ from them.

use anyhow::Result;
use clap::{Args, CommandFactory as _};

use super::{Cli, Context};

/// Where the shells look for them.
const ABOUT: &str = "\
Print the completions for a shell

Put them where the shell looks for them:
  bash        agent-sync completions bash > ~/.local/share/bash-completion/completions/agent-sync
  zsh         agent-sync completions zsh > ~/.zfunc/_agent-sync   (a directory of your $fpath)
  fish        agent-sync completions fish > ~/.config/fish/completions/agent-sync.fish
  elvish      agent-sync completions elvish >> ~/.config/elvish/rc.elv
  powershell  agent-sync completions powershell >> $PROFILE";

#[derive(Debug, Args)]
#[command(long_about = ABOUT)]
pub(super) struct Completions {
    /// Which one
    shell: clap_complete::Shell,
}

pub(super) fn run(context: &Context<'_>, arguments: &Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "agent-sync", &mut script);
    let script = String::from_utf8_lossy(&script);
    // The library writes a hyphen in the program's name in two ways, so that bash would find nothing below a noun.
    context.print(&script.replace("agent__subcmd__sync__", "agent__sync__"))
}
