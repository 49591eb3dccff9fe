package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.assertj.core.data.Offset;
import org.eqprop.base.Slice;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.IdxSource;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Shape;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class InputScalingTest {
  private static ByteExamples mnist(int from, int to) {
    return IdxSource.MNIST_TRAINING.read(Storage.local(), new Slice(from, to));
  }

  private static void assertLeavesAsItIs(InputStatistics data) {
    assertThat(InputScaling.centering(data)).isEqualTo(Centering.NONE);
    assertThat(InputScaling.rateScale(data, Centering.NONE)).isEqualTo(1.0);
  }

  private static void assertChooses(InputStatistics data, Centering centering, double rateScale) {
    assertThat(InputScaling.centering(data)).isEqualTo(centering);
    assertThat(InputScaling.rateScale(data, centering)).isEqualTo(rateScale);
  }

  @Test
  void leavesMnistAndItsSubsetsUnchanged() {
    InputStatistics all = mnist(0, 60_000).statistics();
    assertLeavesAsItIs(all);
    assertThat(all.energy()).isCloseTo(InputScaling.MNIST_ENERGY, Offset.offset(0.05));
    assertLeavesAsItIs(mnist(0, 50_000).statistics());
    for (int from = 0; from < 60_000; from += 10_000) {
      assertLeavesAsItIs(mnist(from, from + 1000).statistics());
    }
  }

  @Test
  void subtractsTheMeanFromInvertedMnistAndKeepsItsRate() {
    ByteExamples images = mnist(0, 10_000);
    byte[] inverted = new byte[images.pixels().length];
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = (byte) (255 - (images.pixels()[i] & 0xff));
    }
    InputStatistics data =
        new ByteExamples(inverted, org.eqprop.Idx.labelsOf(images), Shape.image(28, 28))
            .statistics();
    assertChooses(data, Centering.MEAN, 1);
    assertThat(InputScaling.rateScale(data, Centering.NONE)).isEqualTo(0.13);
    assertThat(InputScaling.energy(data, Centering.MEAN))
        .isCloseTo(
            images.statistics().energy() - images.statistics().commonEnergy(), Offset.offset(1e-9));
  }

  /**
   * Images whose pixels are white with probability p have the energy 784 p, of which 784 p² is
   * common to all.
   */
  private static InputStatistics speckled(double probability) {
    Random random = new Random(1);
    byte[] pixels = new byte[784 * 400];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (random.nextDouble() < probability ? 255 : 0);
    }
    return new ByteExamples(pixels, new byte[400], Shape.image(28, 28)).statistics();
  }

  @Test
  void scalesRatesByTheEnergyAndNeverRaisesThem() {
    assertChooses(speckled(0.001), Centering.NONE, 1);
    assertChooses(speckled(0.1), Centering.NONE, 1);
    assertChooses(speckled(0.2), Centering.NONE, 0.56);
    assertChooses(speckled(0.5), Centering.MEAN, 0.45);
    assertChooses(speckled(0.95), Centering.MEAN, 1);
  }

  @Test
  void handlesImagesOfOneColour() {
    assertLeavesAsItIs(
        new ByteExamples(new byte[784 * 3], new byte[3], Shape.image(28, 28)).statistics());
    byte[] grey = new byte[784 * 3];
    java.util.Arrays.fill(grey, (byte) 128);
    assertChooses(
        new ByteExamples(grey, new byte[3], Shape.image(28, 28)).statistics(), Centering.MEAN, 1);
  }
}
