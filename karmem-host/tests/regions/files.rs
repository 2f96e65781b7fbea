//! Regions with files: published in one step, by one process at a time.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use karmem_host::{Access, MAX_REGION, Region};

use crate::support::*;

/// What the test binary does when it is run again by one of its tests, and with which file.
const CHILD: &str = "KARMEM_TEST_CHILD";
const FILE: &str = "KARMEM_TEST_FILE";

/// A fresh directory.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("regions-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn child(what: &str, file: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "files::child_process", "--nocapture"])
        .env(CHILD, what)
        .env(FILE, file)
        .stdout(Stdio::piped());
    command
}

/// Not a test: what the children of the others do. Without the variable it does nothing.
#[test]
fn child_process() {
    let (Ok(what), Some(file)) = (env::var(CHILD), env::var_os(FILE)) else {
        return;
    };
    match what.as_str() {
        "open" => match Region::open(&file) {
            Ok(_) => println!("says: opened"),
            Err(e) => println!("says: {e}"),
        },
        "write" => write_for_ever(&file),
        what => panic!("{what}"),
    }
}

/// Writes versions, each of one number only, and tells which are published.
fn write_for_ever(file: impl AsRef<Path>) {
    let mut region = Region::open(file).unwrap();
    let mut version = word(region.bytes(), 0);
    loop {
        version += 1;
        for word in region.bytes_mut().as_chunks_mut::<4>().0 {
            *word = version.to_le_bytes();
        }
        let sealed = region.seal().map_err(|(_, e)| e).unwrap();
        println!("says: {version}");
        region = sealed.unseal().unwrap();
        // Half of the next version, which nobody is to see.
        let half = region.len() / 2;
        region.bytes_mut()[..half].fill(0xff);
        if version.is_multiple_of(2) {
            region.bytes_mut()[..4].copy_from_slice(&version.to_le_bytes());
        }
    }
}

#[test]
fn a_process_that_is_killed_leaves_what_was_published() {
    let file = directory("killed").join("state");
    drop(Region::create(&file, 512 << 10).unwrap());
    let (mut last, mut seed) = (0, 12345_u64);
    let mut during = 0;
    for round in 0..60 {
        let mut writer = child("write", &file).spawn().unwrap();
        let out = BufReader::new(writer.stdout.take().unwrap());
        let killer = thread::spawn({
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let delay = Duration::from_micros(2_000 + (seed >> 33) % 30_000);
            move || {
                thread::sleep(delay);
                writer.kill().unwrap();
                writer.wait().unwrap()
            }
        });
        let mut told = last;
        for line in out.lines().map_while(Result::ok) {
            if let Some(version) = line.split("says: ").nth(1) {
                // The last line may be cut off.
                told = version
                    .parse::<u32>()
                    .map_or(told, |version| version.max(told));
            }
        }
        assert!(!killer.join().unwrap().success());
        if file.with_extension("new").exists() {
            during += 1;
        }
        // The kernel took the lock away; nothing needs to be repaired.
        let region = Region::open(&file).unwrap();
        assert_eq!(region.len(), 512 << 10);
        let found = word(region.bytes(), 0);
        assert!(
            region
                .bytes()
                .as_chunks::<4>()
                .0
                .iter()
                .all(|w| *w == found.to_le_bytes()),
            "round {round}: two versions in one file"
        );
        // One more may have been published that it had no time to tell of.
        assert!(
            found == told || found == told + 1,
            "round {round}: told of {told}, found {found}"
        );
        last = found;
    }
    assert!(last > 0, "no process lived long enough, {during} published");
}

#[test]
fn a_second_process_is_kept_out() {
    let file = directory("locked").join("state");
    let region = Region::create(&file, 1).unwrap();
    let open = || {
        let out = child("open", &file).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let refused = format!(
        "says: cannot use the region's file `{}`: somebody else has it open",
        file.display()
    );
    assert!(open().contains(&refused), "{}", open());
    // So is this process, and by another name.
    assert!(message(Region::open(&file)).contains("somebody else has it open"));
    let dotted = file.parent().unwrap().join(".").join("state");
    assert!(message(Region::open(&dotted)).contains("somebody else has it open"));
    #[cfg(unix)]
    {
        let link = file.with_file_name("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(message(Region::open(&link)).contains("somebody else has it open"));
    }
    // Sealed or in a system it is still the same one.
    let sealed = region.seal().unwrap();
    assert!(open().contains("somebody else"));
    let mut system = two(&engine(), region_of(1))
        .region("f", sealed.unseal().unwrap())
        .build()
        .unwrap();
    assert!(open().contains("somebody else"));
    drop(system.remove_region("f").unwrap());
    assert!(open().contains("says: opened"), "{}", open());
}

fn region_of(x: u32) -> Region {
    region(1, x)
}

#[test]
fn state_outlives_the_system() {
    let file = directory("lives").join("state");
    let engine = engine();
    for round in 0..4 {
        let state = if round == 0 {
            Region::create(&file, 100).unwrap()
        } else {
            Region::open(&file).unwrap()
        };
        assert!(state.is_file());
        assert_ne!(state.is_copied(), cfg!(target_os = "linux"));
        assert_eq!(state.len(), 65536);
        let mut system = two(&engine, state)
            .grant("r", "one", Access::Write)
            .build()
            .unwrap();
        let h = handle(&system, "r");
        let one: Guest = system.client("one").unwrap();
        assert_eq!(one.peek(&mut system, h, 65532, 0).unwrap(), round);
        one.poke(&mut system, h, 65532, round + 1).unwrap();
        // Nothing is published before it is sealed.
        assert_eq!(word(&fs::read(&file).unwrap(), 65532), round as u32);
        let sealed = system.seal("r").unwrap();
        assert_eq!(word(&fs::read(&file).unwrap(), 65532), round as u32 + 1);
        drop(sealed);
        system.unseal("r").unwrap();
        // This is not published.
        one.poke(&mut system, h, 65532, -1).unwrap();
    }
}

#[test]
fn publishing_without_sealing() {
    let file = directory("persist").join("state");
    let mut region = Region::create(&file, 1).unwrap();
    assert!(fs::read(&file).unwrap().iter().all(|b| *b == 0));
    region.bytes_mut()[0] = 1;
    region.persist().unwrap();
    assert_eq!(fs::read(&file).unwrap()[0], 1);
    region.bytes_mut()[0] = 2;
    drop(region);
    assert_eq!(Region::open(&file).unwrap().bytes()[0], 1);
    // A region without a file has nothing to publish.
    Region::anonymous(1).unwrap().persist().unwrap();
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let directory = directory("wrong");
    let file = directory.join("state");
    assert!(message(Region::open(&file)).contains("No such file"));
    assert!(!directory.join("state.lock").exists());
    assert!(message(Region::open(&directory)).contains("it is no file"));
    let nowhere = directory.join("no").join("state");
    assert!(message(Region::create(&nowhere, 1)).contains("No such file"));
    fs::write(&file, "").unwrap();
    assert_eq!(
        message(Region::open(&file)),
        format!(
            "cannot use the region's file `{}`: it has 0 bytes, and a region has 1 to {MAX_REGION}",
            file.display()
        )
    );
    let text = message(Region::create(&file, 1));
    assert!(
        text.contains("it exists already: open it, or remove it first"),
        "{text}"
    );
    // A length that is no multiple of anything: zeros behind it, and whole pages from then on.
    fs::write(&file, "odd").unwrap();
    let region = Region::open(&file).unwrap();
    assert_eq!((&region.bytes()[..4], region.len()), (&b"odd\0"[..], 65536));
    assert!(region.seal().is_ok());
    assert_eq!(fs::metadata(&file).unwrap().len(), 65536);
    let long = directory.join("long");
    fs::File::create(&long).unwrap().set_len(5 << 30).unwrap();
    assert!(message(Region::open(&long)).contains("it has 5368709120 bytes"));
    for len in [0, MAX_REGION + 1, usize::MAX] {
        let text = message(Region::anonymous(len));
        assert!(
            text.contains(&format!("a region has 1 to {MAX_REGION} bytes")),
            "{text}"
        );
        assert!(Region::copied(len).is_err());
        assert!(Region::create(directory.join("none"), len).is_err());
    }
    assert!(!directory.join("none").exists());
}

#[test]
fn a_region_that_cannot_be_published_comes_back() {
    let directory = directory("gone");
    let file = directory.join("state");
    let mut region = Region::create(&file, 1).unwrap();
    region.bytes_mut()[0] = 7;
    fs::remove_dir_all(&directory).unwrap();
    let (region, e) = region.seal().unwrap_err();
    assert!(e.to_string().contains("No such file"), "{e}");
    assert_eq!(region.bytes()[0], 7);

    // In a system its writer goes on.
    let mut system = two(&engine(), region)
        .grant("r", "one", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    assert!(system.seal("r").is_err());
    one.poke(&mut system, h, 0, 8).unwrap();
    assert_eq!(first(&system, "r"), 8);
    fs::create_dir_all(&directory).unwrap();
    system.seal("r").unwrap();
    assert_eq!(word(&fs::read(&file).unwrap(), 0), 8);
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_written_keeps_what_it_has() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory("readonly");
    let file = directory.join("state");
    let mut region = Region::create(&file, 1).unwrap();
    region.bytes_mut()[0] = 7;
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write all the same.
    if fs::write(directory.join("probe"), "").is_err() {
        let (region, e) = region.seal().unwrap_err();
        assert!(e.to_string().contains("ermission denied"), "{e}");
        assert_eq!(region.bytes()[0], 7);
        assert_eq!(fs::read(&file).unwrap()[0], 0);
        drop(region);
        let new = message(Region::create(directory.join("new"), 1));
        assert!(new.contains("ermission denied"), "{new}");
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_new_version_is_as_private_as_the_old_one_and_lies_in_its_place() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory("private");
    let (file, link) = (directory.join("state"), directory.join("link"));
    drop(Region::create(&file, 1).unwrap());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("state", &link).unwrap();
    // Somebody may have left something there that leads elsewhere.
    let victim = directory.join("victim");
    fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, directory.join("state.new")).unwrap();
    let mut region = Region::open(&link).unwrap();
    region.bytes_mut()[0] = 9;
    drop(region.seal().unwrap());
    assert_eq!(fs::read(&file).unwrap()[0], 9);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    let mut left: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["link", "state", "state.lock", "victim"]);
}
