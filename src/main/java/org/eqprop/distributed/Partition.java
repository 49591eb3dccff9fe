package org.eqprop.distributed;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.jspecify.annotations.Nullable;

/**
 * What one executor holds of the data for one replica: a slice of each set, as bytes. A slice that
 * cannot be read is remembered as its message, so that the driver can say so in one line instead of
 * failing tasks.
 */
final class Partition implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final List<ImageSet> sets;
  private final @Nullable String problem;

  private Partition(int index, List<ImageSet> sets, @Nullable String problem) {
    this.index = index;
    this.sets = sets;
    this.problem = problem;
  }

  /** Reads partition {@code index} of {@code partitions}; runs on an executor. */
  static Partition read(DataPlan plan, int index, int partitions) {
    Storage storage = new Storage(SparkHadoopUtil.get().conf());
    String unloadable = NativeLibraries.problem();
    if (unloadable != null) {
      return new Partition(index, List.of(), unloadable);
    }
    try {
      List<ImageSet> sets =
          List.of(
              plan.read(storage, Split.TRAINING, index, partitions),
              plan.read(storage, Split.VALIDATION, index, partitions),
              plan.read(storage, Split.TEST, index, partitions));
      return new Partition(index, sets, null);
    } catch (InputException e) {
      return new Partition(index, List.of(), e.getMessage());
    }
  }

  int index() {
    return index;
  }

  ImageSet set(Split split) {
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
    return switch (split) {
      case TRAINING -> sets.get(0);
      case VALIDATION -> sets.get(1);
      case TEST -> sets.get(2);
    };
  }

  /** What the driver learns of a partition when it is first read. */
  record Summary(int index, @Nullable String problem, List<Integer> classCounts)
      implements Serializable {}

  Summary summary() {
    if (problem != null) {
      return new Summary(index, problem, List.of());
    }
    List<Integer> counts =
        java.util.Arrays.stream(set(Split.TRAINING).classCounts()).boxed().toList();
    return new Summary(index, null, counts);
  }
}
