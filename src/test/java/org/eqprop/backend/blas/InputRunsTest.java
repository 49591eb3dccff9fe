package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InputRunsTest {
  private static List<String> ofOneExample(int longest, float... x) {
    return runs(x.length, longest, x);
  }

  private static List<String> runs(int inputs, int longest, float[] x) {
    InputRuns runs = new InputRuns(inputs, longest);
    runs.find(new float[inputs]);
    assertThat(runs.count()).isZero();
    runs.find(x);
    List<String> all = new ArrayList<>();
    for (int run = 0; run < runs.count(); run++) {
      all.add(runs.from(run) + "+" + runs.length(run));
    }
    return all;
  }

  @Test
  void shortGapsAreBridgedAndLongOnesSkipped() {
    assertThat(ofOneExample(9, 0, 1, 0, 0, 0, 1, 0, 0)).containsExactly("1+5");
    assertThat(ofOneExample(9, 1, 0, 0, 0, 0, 1)).containsExactly("0+1", "5+1");
    assertThat(ofOneExample(9, 0, 0, 0, 0, 0, 0, 0, 0.5f)).containsExactly("7+1");
  }

  @Test
  void anInputThatIsNonzeroInOneExampleCounts() {
    assertThat(runs(6, 9, new float[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}))
        .containsExactly("0+1", "5+1");
  }

  @Test
  void longRunsAreCutIntoAboutEqualParts() {
    float[] x = new float[10];
    java.util.Arrays.fill(x, 1);
    assertThat(ofOneExample(4, x)).containsExactly("0+3", "3+3", "6+4");
    assertThat(ofOneExample(1, 1, 1)).containsExactly("0+1", "1+1");
  }

  @Test
  void runsDependOnlyOnTheCurrentBatch() {
    InputRuns runs = new InputRuns(6, 9);
    runs.find(new float[] {1, 1, 1, 1, 1, 1});
    runs.find(new float[] {0, 0, 0, 0, 1, 0});
    assertThat(runs.count()).isOne();
    assertThat(runs.from(0)).isEqualTo(4);
    assertThat(runs.length(0)).isOne();
  }

  /**
   * Runs are as long as OpenBLAS's fast path for small products allows; there are none if that is
   * too short.
   */
  @Test
  void runsAreAsLongAsASmallProductMayBe() {
    assertThat(BlasProduct.longestRun(500, 20)).isEqualTo(100);
    assertThat(BlasProduct.longestRun(500, 83)).isEqualTo(24);
    assertThat(BlasProduct.longestRun(500, 84)).isZero();
  }

  @Test
  void everyInputThatIsNotZeroIsInExactlyOneRun() {
    Random random = new Random(3);
    for (int trial = 0; trial < 200; trial++) {
      int inputs = 1 + random.nextInt(60);
      float[] x = new float[3 * inputs];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextInt(8) == 0 ? random.nextFloat() : 0;
      }
      InputRuns runs = new InputRuns(inputs, 1 + random.nextInt(20));
      runs.find(x);
      int[] covered = new int[inputs];
      for (int run = 0; run < runs.count(); run++) {
        for (int j = 0; j < runs.length(run); j++) {
          covered[runs.from(run) + j]++;
        }
      }
      for (int j = 0; j < inputs; j++) {
        boolean zero = x[j] == 0 && x[inputs + j] == 0 && x[2 * inputs + j] == 0;
        assertThat(covered[j]).isLessThanOrEqualTo(1);
        assertThat(zero || covered[j] == 1).isTrue();
      }
    }
  }
}
