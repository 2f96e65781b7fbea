//! What a contributor runs, as `cargo xtask <command>`. `cargo xtask help` says what there is.

mod bench;
mod demo;
mod guests;
mod names;
mod parts;
mod random_types;
mod ratios;
mod results;
mod test;
mod tool;
mod tools;
mod workspace;

use lexopt::Arg;
use std::ffi::OsString;
use std::process::ExitCode;
use tool::Result;
use workspace::Workspace;

const HELP: &str = "\
What a contributor runs. Everything that is missing and that rustup or cargo can get is got on the way.

usage: cargo xtask <command>

  demo [NAME [ARGUMENTS]]
                       build an example and its guests and run it; ARGUMENTS go to the example
      game             (without NAME) modules that share a world, one of them swapped while frames run
      audio [DIRECTORY [REPEATS]]
                       three effects in a chain on one block of samples; writes dry.wav and wet.wav
      udf [ROWS]       columns aggregated in place, by MessagePack and by Arrow IPC
      monsters         a world in a guest's memory, in place and by MessagePack
  test [--require-all] run every test; a part whose tools are missing is skipped and says how to get them,
                       with --require-all that is a failure
  bench [FILTER]       measure karmem and its peers, natively and in a guest, and print the ratios;
                       FILTER is a part of a name such as `wasm-read` or `encode/rkyv`
  random-types [SEED [COUNT]]
                       compile COUNT random types (60) of SEED (another one each time), and write, read and damage
                       random values of them; prints the SEED, which gives the same types and values again
  ratios               print the ratios of the last measurement again
  guests               build the guests for wasm32-unknown-unknown and print where they are
  tools                install now what `test` installs when it needs it: the wasm target, and the runner of
                       wasm tests (below the target directory, nothing else is touched)
  help                 print this
";

/// A command line, understood.
enum Task {
    Demo(Vec<OsString>),
    Test { require_all: bool },
    Bench(Option<OsString>),
    RandomTypes { seed: Option<u64>, count: u64 },
    Ratios,
    Guests,
    Tools,
    Help,
}

/// The types of `random-types` where no number of them is given.
const TYPES: u64 = 60;

fn parse(mut arguments: lexopt::Parser) -> std::result::Result<Task, lexopt::Error> {
    let task = match arguments.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => Task::Help,
        Some(Arg::Value(command)) => match command.to_str() {
            Some("demo") => Task::Demo(arguments.raw_args()?.collect()),
            Some("test") => return parse_test(arguments),
            Some("bench") => Task::Bench(arguments.raw_args()?.next()),
            Some("random-types") => Task::RandomTypes {
                seed: parse_number(&mut arguments)?,
                count: parse_number(&mut arguments)?.unwrap_or(TYPES),
            },
            Some("ratios") => Task::Ratios,
            Some("guests") => Task::Guests,
            Some("tools") => Task::Tools,
            Some("help") => Task::Help,
            _ => return Err(format!("there is no command {command:?}").into()),
        },
        Some(other) => return Err(other.unexpected()),
    };
    match task {
        Task::Demo(_) => Ok(task),
        task => arguments
            .next()?
            .map_or(Ok(task), |more| Err(more.unexpected())),
    }
}

fn parse_test(mut arguments: lexopt::Parser) -> std::result::Result<Task, lexopt::Error> {
    let mut require_all = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("require-all") => require_all = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Test { require_all })
}

/// The next argument, if there is one, as a number.
fn parse_number(arguments: &mut lexopt::Parser) -> std::result::Result<Option<u64>, lexopt::Error> {
    use lexopt::ValueExt;
    match arguments.next()? {
        None => Ok(None),
        Some(Arg::Value(number)) => number.parse().map(Some),
        Some(other) => Err(other.unexpected()),
    }
}

/// Runs one command; `false` when it ran to its end and found a failure.
fn run(task: Task) -> Result<bool> {
    if let Task::Help = task {
        print!("{HELP}");
        return Ok(true);
    }
    let workspace = Workspace::find()?;
    match task {
        Task::Demo(arguments) => demo::run(&workspace, &arguments).map(|()| true),
        Task::Test { require_all } => test::run(&workspace, require_all),
        Task::Bench(filter) => bench::run(&workspace, filter.as_deref()).map(|()| true),
        Task::RandomTypes { seed, count } => {
            random_types::run(&workspace, seed, count).map(|()| true)
        }
        Task::Ratios => ratios::print(&workspace.criterion()).map(|()| true),
        Task::Guests => guests::run(&workspace).map(|()| true),
        Task::Tools => tools::run(&workspace).map(|()| true),
        Task::Help => Ok(true),
    }
}

fn main() -> ExitCode {
    let task = match parse(lexopt::Parser::from_env()) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("error: {error}; `cargo xtask help` lists the commands");
            return ExitCode::from(2);
        }
    };
    match run(task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
