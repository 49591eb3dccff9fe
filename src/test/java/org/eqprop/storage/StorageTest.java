package org.eqprop.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.util.VersionInfo;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageTest {
  @TempDir Path folder;
  private final Storage storage = Storage.local();

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(p -> p.getFileName().toString()).toList();
    }
  }

  @Test
  void writesReplaceTheWholeFile() throws IOException {
    String file = folder.resolve("f").toString();
    storage.writeAtomically(file, out -> out.write(new byte[] {1, 2, 3}));
    storage.writeAtomically(file, out -> out.write(new byte[] {4}));
    try (InputStream in = storage.open(file)) {
      assertThat(in.readAllBytes()).containsExactly(4);
    }
    assertThat(names()).containsExactly("f");
  }

  @Test
  void fileUrisMayContainAnyCharacter() throws IOException {
    storage.writeText(folder.toUri() + "größe%20😀", "x");
    assertThat(names()).containsExactly("größe 😀");
    assertThat(storage.text("file:" + folder + "/gr%C3%B6ße%20😀", 1)).isEqualTo("x");
  }

  @Test
  void aWriteThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    String file = folder.resolve("f").toString();
    storage.writeAtomically(file, out -> out.write(new byte[] {1, 2, 3}));
    assertThatThrownBy(
            () ->
                storage.writeAtomically(
                    file,
                    out -> {
                      out.write(9);
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": cannot be written: disk full");
    assertThat(Files.readAllBytes(folder.resolve("f"))).containsExactly(1, 2, 3);
    assertThat(names()).containsExactly("f");
  }

  private static String temporary(String name) throws IOException {
    String[] made = {""};
    Path folder = Files.createTempDirectory("leftover");
    LocalFiles.write(folder.resolve(name), out -> made[0] = onlyFile(folder));
    Files.delete(folder.resolve(name));
    Files.delete(folder);
    return made[0];
  }

  private static String onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.findFirst().orElseThrow().getFileName().toString();
    }
  }

  @Test
  void theFirstWriteIntoAFolderRemovesWhatKilledProcessesLeft() throws IOException {
    String mine = temporary("model.safetensors");
    String foreign = mine.replaceFirst("eqprop-[0-9a-f]{8}", "eqprop-0123abcd");
    String old = foreign.replace("model", "metrics");
    List<String> others = List.of(".model.safetensors.tmp", ".x.eqprop-0.tmp", "x" + mine, foreign);
    for (String name : others) {
      Files.createFile(folder.resolve(name));
    }
    Files.createFile(folder.resolve(mine));
    Files.setLastModifiedTime(
        Files.createFile(folder.resolve(old)),
        FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Files.createDirectory(folder.resolve(mine.replace("model", "folder")));
    storage.writeText(folder.resolve("f").toString(), "text");
    assertThat(names())
        .containsAll(others)
        .contains("f", mine.replace("model", "folder"))
        .hasSize(others.size() + 2);
  }

  @Test
  void keepsAFileThatThisProcessIsWriting() throws IOException {
    Path written = folder.resolve("f");
    LocalFiles.write(
        written,
        out -> {
          String temporary = onlyFile(folder);
          LocalFiles.removeLeftovers(folder.toRealPath());
          assertThat(names()).containsExactly(temporary);
          out.write(7);
        });
    assertThat(Files.readAllBytes(written)).containsExactly(7);
  }

  @Test
  void keepsAFileThatAnotherProcessIsWritingAndRespectsTheUmask() throws Exception {
    Process other =
        new ProcessBuilder(
                "sh",
                "-c",
                "umask 027; exec \"$@\"",
                "sh",
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('!');
      LocalFiles.removeLeftovers(folder.toRealPath());
      assertThat(names()).hasSize(2).contains("sub").anyMatch(name -> name.endsWith(".tmp"));
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(names()).as("killed").hasSize(2);
    LocalFiles.removeLeftovers(folder.toRealPath());
    assertThat(names()).containsExactly("sub");
    assertThat(permissions("sub")).isEqualTo("rwxr-x---");
    assertThat(permissions("sub/f")).isEqualTo("rw-r-----");
  }

  private String permissions(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
  }

  /** Another process, which is killed while it writes. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws IOException {
      Storage storage = Storage.local();
      storage.createFolder(args[0] + "/sub");
      storage.writeText(args[0] + "/sub/f", "text");
      storage.writeAtomically(
          args[0] + "/never",
          out -> {
            System.out.write('!');
            System.out.flush();
            var unused = System.in.read();
          });
    }
  }

  @Test
  void createsFoldersAndDeletesFiles() throws IOException {
    String deep = folder.resolve("a/b").toString();
    assertThat(storage.exists(deep)).isFalse();
    storage.createFolder(deep);
    assertThat(storage.exists(deep)).isTrue();
    storage.writeAtomically(deep + "/f", out -> out.write(1));
    storage.delete(deep + "/f");
    storage.delete(deep + "/f");
    assertThat(storage.exists(deep + "/f")).isFalse();
  }

  @Test
  void recognizesLocalLocations() {
    assertThat(LocalPath.isLocal("runs/x")).isTrue();
    assertThat(LocalPath.isLocal("/runs/x")).isTrue();
    assertThat(LocalPath.isLocal("file:///runs/x")).isTrue();
    assertThat(LocalPath.isLocal("hdfs://host:9000/x")).isFalse();
    assertThat(LocalPath.isLocal("s3a://bucket/x")).isFalse();
    assertThat(LocalPath.isLocal("classpath:mnist/x")).isFalse();
  }

  @Test
  void reportsALocationThatHadoopDoesNotKnowInOneLine() {
    for (String location : List.of("hdfs://no-such-host.invalid:9000/x", "hdfs:")) {
      assertThatThrownBy(() -> storage.open(location))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(location + ": unreachable URI: ")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> storage.exists(location)).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> storage.writeAtomically(location, out -> out.write(1)))
          .isInstanceOf(InputException.class);
    }
  }

  /** Root may write anywhere, so the obstacle is a file, a folder or a device. */
  @Test
  void reportsWhatCannotBeWrittenInOneLineWithTheReason() throws IOException {
    String file = Files.writeString(folder.resolve("f"), "mine").toString();
    Files.createDirectories(folder.resolve("full/sub"));
    String full = folder + "/full";
    String inside = file + "/x";
    assertUnwritable(() -> storage.writeText(inside, "text"), inside, "Not a directory");
    assertUnwritable(() -> storage.writeText(full, "text"), full, "Is a directory");
    assertUnwritable(
        () -> storage.writeText(folder + "/none/x", "text"),
        folder + "/none/x",
        "no such file or folder");
    assertUnwritable(() -> storage.append(inside, "text"), inside, "Not a directory");
    assertUnwritable(() -> storage.append(full, "text"), full, "Is a directory");
    assertUnwritable(
        () -> storage.append("/dev/full", "x"), "/dev/full", "No space left on device");
    assertUnwritable(() -> storage.createFolder(file), file, "a file is in the way");
    assertUnwritable(() -> storage.createFolder(inside), inside, "Not a directory");
    assertUnwritable(() -> storage.createNewFolder(inside), inside, "a file is in the way");
    assertUnwritable(() -> NumberedFolder.create(storage, inside), inside, "a file is in the way");
    assertUnwritable(() -> storage.delete(full), full, "a folder is in the way");
    assertThatThrownBy(() -> storage.list(file))
        .hasMessage(file + ": cannot be read: a file is in the way");
    assertThatThrownBy(() -> storage.bytes(full))
        .hasMessage(full + ": cannot be read: Is a directory");
    assertThat(folder.resolve("f")).hasContent("mine");
    assertThat(names()).containsExactlyInAnyOrder("f", "full");
  }

  private static void assertUnwritable(ThrowingCallable write, String location, String reason) {
    assertThatThrownBy(write)
        .isInstanceOf(InputException.class)
        .hasMessage(location + ": cannot be written: " + reason);
  }

  @Test
  void refusesATextThatIsTooLong() throws IOException {
    String file = Files.writeString(folder.resolve("f"), "α1").toString();
    assertThat(storage.text(file, 3)).isEqualTo("α1");
    assertThatThrownBy(() -> storage.text(file, 2))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": expected a file of at most 2 bytes");
  }

  @Test
  void givesUpAfterAThousandNumberedFolders() throws IOException {
    String name = Files.createDirectory(folder.resolve("run")).toString();
    for (int number = 2; number <= 1000; number++) {
      Files.createDirectory(Path.of(name + "-" + number));
    }
    assertThatThrownBy(() -> NumberedFolder.create(storage, name))
        .isInstanceOf(InputException.class)
        .hasMessage(
            name
                + ": cannot be written: it and the numbered folders up to -1000 next to it exist"
                + " already");
  }

  /** As with s3a without hadoop-aws, where Hadoop throws a RuntimeException. */
  @Test
  void reportsAFileSystemWithMissingClassesInOneLineWithTheRemedy() {
    String location = "s3a://bucket/x";
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            () -> storage.open(location),
            () -> storage.exists(location),
            () -> storage.list(location),
            () -> storage.createFolder(location),
            () -> storage.delete(location),
            () -> storage.writeText(location, "text"),
            () -> storage.bytes(location))) {
      assertThatThrownBy(use)
          .isInstanceOf(InputException.class)
          .hasMessage(
              "s3a://bucket/x: unreachable URI: Class org.apache.hadoop.fs.s3a.S3AFileSystem not"
                  + " found: add --packages org.apache.hadoop:hadoop-aws:"
                  + VersionInfo.getVersion());
    }
  }

  @Test
  void reasonsAreOneLineOfWords() {
    assertThat(InputException.reason(new java.nio.file.NoSuchFileException("/x")))
        .isEqualTo("no such file or folder");
    assertThat(InputException.reason(new java.nio.file.AccessDeniedException("/x")))
        .isEqualTo("permission denied");
    assertThat(InputException.reason(new IOException("disk full\n\tat some.Class")))
        .isEqualTo("disk full");
    assertThat(InputException.reason(new java.net.UnknownHostException("nn")))
        .isEqualTo("UnknownHostException (nn)");
    assertThat(InputException.reason(new java.io.EOFException())).isEqualTo("EOFException");
  }

  @Test
  void reportsAnUnknownFileSystemInOneLine() {
    assertThatThrownBy(() -> storage.open("nosuchfs://host/x"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "nosuchfs://host/x: unreachable URI: No FileSystem for scheme \"nosuchfs\": expected a"
                + " file system whose jar is on the class path; add it with --packages or --jars")
        .hasMessageNotContaining("\n");
  }

  @Test
  void readsAPipeAnyNumberOfTimes() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    byte[] content = new byte[100_000]; // more than a pipe or a buffer holds
    content[99_999] = 7;
    Thread writer =
        new Thread(
            () -> {
              try {
                Files.write(pipe, content);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    writer.start();
    try (InputStream in = storage.open(pipe.toString())) {
      assertThat(in.readNBytes(4)).hasSize(4);
    }
    assertThat(storage.bytes(pipe.toString())).isEqualTo(content);
    assertThat(storage.bytes(pipe.toString())).isEqualTo(content);
    writer.join();
    assertThat(storage.text("/dev/null", 0)).isEmpty();
  }

  @Test
  void createsANewFolderOnlyOnce() throws IOException {
    String deep = folder.resolve("a/b").toString();
    assertThat(storage.createNewFolder(deep)).isTrue();
    assertThat(storage.createNewFolder(deep)).isFalse();
    assertThat(storage.createNewFolder("/")).isFalse();
    Files.createSymbolicLink(folder.resolve("a/link"), folder.resolve("nowhere"));
    assertThat(storage.createNewFolder(folder + "/a/link")).isFalse();
    assertThat(NumberedFolder.create(storage, deep)).isEqualTo(deep + "-2");
    assertThat(NumberedFolder.create(storage, deep)).isEqualTo(deep + "-3");
  }

  @Test
  void appendsText() throws IOException {
    String file = folder.resolve("f").toString();
    storage.append(file, "β\n");
    storage.append(file, "α");
    assertThat(folder.resolve("f")).hasContent("β\nα");
    assertThat(names()).containsExactly("f");
  }

  @Test
  void makesOnlyLocalPathsAbsolute() {
    assertThat(LocalPath.absolute("data/x.gz"))
        .isEqualTo(System.getProperty("user.dir") + "/data/x.gz");
    for (String location :
        List.of("/data/x", "", "classpath:x", "hdfs:///x", "s3a://b/x", "file:///x")) {
      assertThat(LocalPath.absolute(location)).isEqualTo(location);
    }
  }
}
