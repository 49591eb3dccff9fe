package org.eqprop.backend.blas;

/**
 * The inputs that are nonzero in at least one example of a batch, as runs of neighbours. The other
 * inputs add nothing to x·W_1, and their rows of W_1 do not change, so skipping them changes no
 * result. In MNIST, nearly half of the pixels of a batch of 20 are skipped.
 */
final class InputRuns {
  /** Gaps shorter than this cost less than another run. */
  private static final int SHORT_GAP = 4;

  private final int inputs;
  private final int longest;
  private final float[] sum;
  private final int[] from;
  private final int[] length;
  private int count;

  /**
   * @param inputs n_0
   * @param longest the maximum number of inputs per run; longer runs are cut
   */
  InputRuns(int inputs, int longest) {
    this.inputs = inputs;
    this.longest = longest;
    this.sum = new float[inputs];
    this.from = new int[inputs];
    this.length = new int[inputs];
  }

  /** Returns runs that cover all inputs. */
  static InputRuns all(int inputs, int longest) {
    InputRuns runs = new InputRuns(inputs, longest);
    runs.add(0, inputs);
    return runs;
  }

  int count() {
    return count;
  }

  int from(int run) {
    return from[run];
  }

  int length(int run) {
    return length[run];
  }

  /**
   * Finds the runs of a batch.
   *
   * @param x rows [B × n_0]; not modified
   */
  void find(float[] x) {
    java.util.Arrays.fill(sum, 0);
    for (int at = 0; at < x.length; at += inputs) {
      for (int j = 0; j < inputs; j++) {
        sum[j] += Math.abs(x[at + j]);
      }
    }
    count = 0;
    int begin = -1;
    int end = -1;
    for (int j = 0; j < inputs; j++) {
      if (sum[j] == 0) {
        continue;
      }
      if (begin < 0) {
        begin = j;
      } else if (j - end >= SHORT_GAP) {
        add(begin, end);
        begin = j;
      }
      end = j + 1;
    }
    if (begin >= 0) {
      add(begin, end);
    }
  }

  private void add(int begin, int end) {
    int parts = (end - begin + longest - 1) / longest;
    for (int part = 0; part < parts; part++) {
      int at = begin + (end - begin) * part / parts;
      from[count] = at;
      length[count] = begin + (end - begin) * (part + 1) / parts - at;
      count++;
    }
  }
}
