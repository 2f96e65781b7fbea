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
fn a_file_is_free_at_once_also_while_processes_are_started() {
    let file = directory("free").join("state");
    drop(Region::create(&file, 1).unwrap());
    let done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let started = Command::new("true").output();
                    assert!(started.is_ok() || cfg!(not(unix)));
                }
            });
        }
        let opened = (0..1000).try_for_each(|_| Region::open(&file).map(drop));
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        opened.unwrap();
    });
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
    assert_eq!(
        listed(&directory),
        ["link", "state", "state.lock", "victim"]
    );
}

/// Whatever name it is opened by, it is one file.
#[cfg(target_os = "linux")]
#[test]
fn another_name_of_the_file_is_locked_too() {
    let directory = directory("names");
    let [file, link, moved] = ["state", "link", "moved"].map(|name| directory.join(name));
    let mut region = Region::create(&file, 1).unwrap();
    let kept_out = |path: &Path| {
        let text = message(Region::open(path));
        assert!(text.contains("somebody else has it open"), "{text}");
        let out = child("open", path).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.contains("somebody else has it open"), "{text}");
    };
    fs::hard_link(&file, &link).unwrap();
    kept_out(&link);
    // A new version is another file: the link leads to the old one, which nobody has any more.
    region.bytes_mut()[0] = 1;
    region.persist().unwrap();
    assert_eq!(Region::open(&link).unwrap().bytes()[0], 0);
    fs::remove_file(&link).unwrap();
    fs::hard_link(&file, &link).unwrap();
    kept_out(&link);
    kept_out(&file);
    fs::rename(&file, &moved).unwrap();
    kept_out(&moved);
    drop(region);
    assert_eq!(Region::open(&moved).unwrap().bytes()[0], 1);

    // Opened by the other name first.
    let region = Region::open(&link).unwrap();
    kept_out(&moved);
    drop(region);
    drop(Region::open(&moved).unwrap());
    // Who may only read keeps nobody out.
    let reader = fs::File::open(&moved).unwrap();
    reader.lock().unwrap();
    drop(Region::open(&moved).unwrap());
}

/// The names of what lies in a directory.
#[cfg(unix)]
fn listed(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn a_lock_is_for_those_who_may_write_and_never_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = directory("locks");
    let [file, lock] = ["state", "state.lock"].map(|name| directory.join(name));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    drop(Region::create(&file, 1).unwrap());
    for (of_data, of_lock) in [
        (0o644, 0o600),
        (0o664, 0o660),
        (0o666, 0o666),
        (0o604, 0o600),
        (0o600, 0o600),
    ] {
        set(&file, of_data);
        // Made anew, and one that was there with other rights.
        for before in [None, Some(0o644), Some(0o600)] {
            match before {
                None => fs::remove_file(&lock).unwrap(),
                Some(before) => set(&lock, before),
            }
            drop(Region::open(&file).unwrap());
            assert_eq!(mode(&lock), of_lock, "{of_data:o}, {before:?}");
        }
        assert_eq!(mode(&file), of_data);
    }
    // A link that leads nowhere makes nothing there, and one that leads somewhere locks nothing there.
    let target = directory.join("target");
    for there in [false, true] {
        fs::remove_file(&lock).unwrap();
        symlink(&target, &lock).unwrap();
        if there {
            fs::write(&target, "").unwrap();
        }
        let text = message(Region::open(&file));
        assert!(
            text.contains("state.lock`: it is a symbolic link"),
            "{text}"
        );
        let text = message(Region::create(&file, 1));
        assert!(
            text.contains("state.lock`: it is a symbolic link"),
            "{text}"
        );
        assert_eq!(target.exists(), there);
    }
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    assert!(Region::open(&file).is_err());
    fs::remove_dir(&lock).unwrap();
    drop(Region::open(&file).unwrap());
    assert_eq!(listed(&directory), ["state", "state.lock", "target"]);
}

/// Who publishes for others does not take their file away from them. Only root can give files away, so that others
/// see no more than that nothing changes.
#[cfg(unix)]
#[test]
fn a_new_version_belongs_to_whom_the_old_one_did() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let directory = directory("owner");
    let file = directory.join("state");
    drop(Region::create(&file, 1).unwrap());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let _ = chown(&file, Some(4321), Some(8765));
    let of = |path: &Path| {
        let found = fs::metadata(path).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o777)
    };
    let before = of(&file);
    let mut region = Region::open(&file).unwrap();
    region.bytes_mut()[0] = 7;
    region.persist().unwrap();
    region.bytes_mut()[0] = 8;
    drop(region.seal().unwrap());
    assert_eq!(fs::read(&file).unwrap()[0], 8);
    assert_eq!(of(&file), before);
    // They can lock it, too.
    assert_eq!(
        of(&directory.join("state.lock")),
        (before.0, before.1, 0o600)
    );
}
