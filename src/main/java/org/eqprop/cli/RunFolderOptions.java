package org.eqprop.cli;

import java.util.Optional;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a run's folder, and what may happen to it. */
@OptionGroup("Run folder")
final class RunFolderOptions {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "the run's folder, local or on any Hadoop file system; by default runs/PRESET-DATE")
  @Nullable String out;

  @Option(
      names = "--overwrite",
      description =
          "replace the run in the folder; a folder that contains anything other than a run is refused")
  boolean overwrite;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "resume the interrupted run in that folder from its newest checkpoint")
  @Nullable String resume;

  @Option(
      names = "--from-scratch",
      description =
          "with --resume: start the run again from its first epoch, and replace its results")
  boolean fromScratch;

  /**
   * Checks that the options agree.
   *
   * @throws InputException if they don't
   */
  void check() {
    if (fromScratch && resume == null) {
      throw new InputException("--from-scratch: expected --resume DIR, the run to start again");
    }
    if (resume != null && (out != null || overwrite)) {
      throw new InputException(
          "--resume continues in the run's own folder: expected no --out and no --overwrite");
    }
  }

  /** Returns the folder that the options name, if they name one. */
  Optional<String> location() {
    return Optional.ofNullable(resume != null ? resume : out);
  }

  /** Returns the option that names the folder. */
  String option() {
    return resume != null ? "--resume" : "--out";
  }
}
