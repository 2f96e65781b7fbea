//! What a system consists of, for people.

use std::fmt;

use crate::region::Access;
use crate::shown::{acts, shown};
use crate::system::port::Target;
use crate::system::regions::Entry;
use crate::system::state::State;

/// The graph of a system: its `Display` is text, [`dot`](Description::dot) is for Graphviz and
/// [`mermaid`](Description::mermaid) for Mermaid. In all three, control characters in names are escaped; the
/// fields have the names as they are.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Description {
    /// The modules, in the order in which they were added.
    pub modules: Vec<ModuleInfo>,
    /// Who calls whom.
    pub links: Vec<LinkInfo>,
    /// The regions that were given names, in the order of their handles.
    pub regions: Vec<RegionInfo>,
}

/// A module of a system.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ModuleInfo {
    /// Its name.
    pub name: String,
    /// The interfaces that it exports: `game/physics@1`.
    pub exports: Vec<String>,
    /// Why it cannot be called any more.
    pub poisoned: Option<String>,
}

/// A link from a consumer to a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LinkInfo {
    /// The module that calls; `None` for the host.
    pub consumer: Option<String>,
    /// The module that is called; `None` for the host.
    pub provider: Option<String>,
    /// The interface: `game/physics@1`.
    pub interface: String,
    /// The methods that the consumer uses.
    pub methods: Vec<String>,
}

/// A region of a system.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RegionInfo {
    /// Its name.
    pub name: String,
    /// Its handle.
    pub handle: u32,
    /// Its length in bytes.
    pub len: u32,
    /// Whether nobody may write it.
    pub sealed: bool,
    /// Whether it is copied into each module and back, because it cannot be mapped here.
    pub copied: bool,
    /// Who has access, and which.
    pub grants: Vec<(String, Access)>,
}

impl Description {
    pub(super) fn of(state: &State) -> Description {
        let name = |guest: usize| state.guests[guest].guest.name.to_string();
        let modules = state.guests.iter().map(|member| ModuleInfo {
            name: member.guest.name.to_string(),
            exports: crate::system::check::exported(&member.guest.module),
            poisoned: member.poisoned.as_deref().map(Into::into),
        });
        let links = state.ports.iter().map(|port| LinkInfo {
            consumer: port.consumer.map(name),
            provider: match port.target {
                Target::Guest(guest) => Some(name(guest)),
                Target::Host(_) => None,
            },
            interface: port.interface.to_string(),
            methods: port
                .methods
                .iter()
                .map(|(method, _)| method.clone())
                .collect(),
        });
        let region = |(handle, entry): (u32, &Entry)| RegionInfo {
            name: entry.name.to_string(),
            handle,
            len: entry.len(),
            sealed: entry.is_sealed(),
            copied: entry.copies(),
            grants: {
                let mut grants: Vec<_> =
                    entry.windows.iter().map(|w| (w.guest, w.access)).collect();
                grants.sort_by_key(|(guest, _)| *guest);
                grants
                    .into_iter()
                    .map(|(guest, access)| (name(guest), access))
                    .collect()
            },
        };
        Description {
            modules: modules.collect(),
            links: links.collect(),
            regions: state
                .regions
                .iter()
                .filter(|(_, entry)| !entry.outbox)
                .map(region)
                .collect(),
        }
    }

    /// The graph in Graphviz's language: `dot -Tsvg`.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph system {\n  rankdir=LR;\n");
        let mut line = |text: String| out.push_str(&format!("  {text}\n"));
        line("\"host\" [shape=house];".into());
        for module in &self.modules {
            line(format!("{} [shape=box];", quoted(&module.name)));
        }
        for link in &self.links {
            let (from, to) = (end(&link.consumer), end(&link.provider));
            let (from, to, label) = (quoted(from), quoted(to), quoted(&link.interface));
            line(format!("{from} -> {to} [label={label}];"));
        }
        for region in &self.regions {
            let id = quoted(&format!("region {}", region.name));
            line(format!(
                "{id} [shape=cylinder, label={}];",
                quoted(&region.label())
            ));
            for (module, access) in &region.grants {
                let (module, label) = (quoted(module), quoted(word(*access)));
                let ends = match access {
                    Access::Write => format!("{module} -> {id}"),
                    _ => format!("{id} -> {module}"),
                };
                line(format!("{ends} [style=dashed, label={label}];"));
            }
        }
        out.push_str("}\n");
        out
    }

    /// The graph in Mermaid's language, which many forges draw in Markdown.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        let mut line = |text: String| out.push_str(&format!("  {text}\n"));
        let module = |name: &str| {
            let found = self.modules.iter().position(|module| module.name == name);
            found.map_or("host".to_owned(), |index| format!("m{index}"))
        };
        line("host{{host}}".into());
        for (index, module) in self.modules.iter().enumerate() {
            line(format!("m{index}[\"{}\"]", escaped(&module.name)));
        }
        for link in &self.links {
            let (from, to) = (module(end(&link.consumer)), module(end(&link.provider)));
            line(format!("{from} -->|\"{}\"| {to}", escaped(&link.interface)));
        }
        for region in &self.regions {
            let id = format!("r{}", region.handle);
            line(format!("{id}[(\"{}\")]", escaped(&region.label())));
            for (name, access) in &region.grants {
                let name = module(name);
                line(match access {
                    Access::Write => format!("{name} -.->|write| {id}"),
                    _ => format!("{id} -.->|{}| {name}", word(*access)),
                });
            }
        }
        out
    }
}

impl RegionInfo {
    fn label(&self) -> String {
        let sealed = if self.sealed { ", sealed" } else { "" };
        let copied = if self.copied { ", copied" } else { "" };
        format!("{}: {} KiB{sealed}{copied}", self.name, self.len / 1024)
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "modules")?;
        for module in &self.modules {
            write!(f, "  {}", shown(&module.name))?;
            if !module.exports.is_empty() {
                write!(f, " exports {}", shown(module.exports.join(", ")))?;
            }
            match &module.poisoned {
                Some(why) => writeln!(f, " (poisoned: {})", shown(why))?,
                None => writeln!(f)?,
            }
        }
        writeln!(f, "links")?;
        for link in &self.links {
            let (from, to) = (shown(end(&link.consumer)), shown(end(&link.provider)));
            let (interface, methods) = (shown(&link.interface), link.methods.join(", "));
            writeln!(f, "  {from} -> {to}: {interface} ({})", shown(methods))?;
        }
        writeln!(f, "regions")?;
        for region in &self.regions {
            write!(f, "  #{} {}", region.handle, shown(region.label()))?;
            for (module, access) in &region.grants {
                write!(f, "; {}: {}", shown(module), word(*access))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn end(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or(crate::system::build::HOST)
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Write => "write",
        Access::Read => "read",
        Access::ReadStrict => "read, strict",
    }
}

/// A string in Graphviz's language.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if acts(c) => out.push_str(&format!("\\\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A string in a label of Mermaid's, where entities stand for what has a meaning.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '|' | '\n' => out.push_str(&format!("#{};", c as u32)),
            // An entity would be shown as the character that it stands for.
            c if acts(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}
