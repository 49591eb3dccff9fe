package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.base.RandomStream;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.network.Floats;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.ImagePreProcessingScaler;

class ImageDataSetIteratorTest {
  private static final int EXAMPLES = 50;
  private static final int CLASSES = 4;

  @TempDir Path folder;
  private final Examples images = Idx.quadrants(EXAMPLES, 1);
  private IdxSource files = IdxSource.MNIST_TEST;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, EXAMPLES, 1);
    files = new IdxSource(folder + "/images.idx", folder + "/labels.idx");
  }

  private ImageDataSetIterator inOrder(int batch) {
    return new ImageDataSetIterator(Storage.local(), files, CLASSES, batch);
  }

  /** Returns the indices of the images in a pass, identified by their pixels. */
  private List<Integer> pass(ImageDataSetIterator iterator) {
    List<Integer> seen = new ArrayList<>();
    while (iterator.hasNext()) {
      DataSet next = iterator.next();
      float[] features = Floats.of(next.getFeatures());
      for (int i = 0; i < next.numExamples(); i++) {
        int found = find(features, 16 * i);
        assertThat(next.getLabels().getRow(i).argMax().getInt(0)).isEqualTo(images.label(found));
        assertThat(next.getLabels().getRow(i).sumNumber().doubleValue()).isEqualTo(1);
        seen.add(found);
      }
    }
    return seen;
  }

  private int find(float[] features, int at) {
    for (int image = 0; image < EXAMPLES; image++) {
      boolean same = true;
      for (int j = 0; j < 16 && same; j++) {
        same = features[at + j] == images.values(image)[j];
      }
      if (same) {
        return image;
      }
    }
    throw new AssertionError("no such image");
  }

  private static List<Integer> permutation(long seed, int pass) {
    List<Integer> order = new ArrayList<>();
    for (int i : RandomStream.permutation(EXAMPLES, RandomStream.SHUFFLE.of(seed, pass, 0))) {
      order.add(i);
    }
    return order;
  }

  @Test
  void keepsTheOrderOfTheFileWithoutASeed() {
    ImageDataSetIterator iterator = inOrder(20);
    assertThat(iterator.next().getFeatures().shape()).isEqualTo(new long[] {20, 16});
    assertThat(iterator.next().getLabels().shape()).isEqualTo(new long[] {20, 4});
    assertThat(iterator.next().numExamples()).isEqualTo(10);
    assertThat(iterator.hasNext()).isFalse();
    assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
    iterator.reset();
    assertThat(pass(iterator)).isSorted().hasSize(EXAMPLES);
  }

  @Test
  void usesTheOrderOfARunsEpochsWithASeed() {
    ImageDataSetIterator iterator = new ImageDataSetIterator(Storage.local(), files, CLASSES, 8, 3);
    iterator.reset(); // before the pass has started, as DL4J does to be safe
    assertThat(pass(iterator)).isEqualTo(permutation(3, 0));
    iterator.reset();
    iterator.reset();
    assertThat(pass(iterator)).isEqualTo(permutation(3, 1)).isNotEqualTo(permutation(3, 0));
  }

  @Test
  void followsDl4jsConventions() {
    ImageDataSetIterator iterator = inOrder(7);
    assertThat(iterator.batch()).isEqualTo(7);
    assertThat(iterator.inputColumns()).isEqualTo(16);
    assertThat(iterator.totalOutcomes()).isEqualTo(4);
    assertThat(iterator.getLabels()).containsExactly("0", "1", "2", "3");
    assertThat(iterator.resetSupported()).isTrue();
    assertThat(iterator.asyncSupported()).isTrue();
    assertThat(iterator.next(3).numExamples()).isEqualTo(3);
    DataSet next = iterator.next();
    assertThat(next.getLabelName(2)).isEqualTo("2");
    double most = next.getFeatures().maxNumber().doubleValue();
    iterator.reset();
    ImagePreProcessingScaler halves = new ImagePreProcessingScaler(0, 0.5, 1);
    iterator.setPreProcessor(halves);
    assertThat(iterator.getPreProcessor()).isSameAs(halves);
    assertThat(iterator.next(10).getFeatures().maxNumber().doubleValue()).isLessThan(most);
  }

  @Test
  void refusesBadInput() {
    assertThatThrownBy(() -> inOrder(0)).hasMessageContaining("batch = 0: expected 1 or more");
    assertThatThrownBy(() -> new ImageDataSetIterator(Storage.local(), files, 3, 5))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("label 3");
  }

  @Test
  void includesMnist() {
    assertThat(ImageDataSetIterator.mnistTest(1_000).next().getFeatures().shape())
        .isEqualTo(new long[] {1_000, 784});
    ImageDataSetIterator training = ImageDataSetIterator.mnistTraining(20, 1);
    assertThat(training.totalOutcomes()).isEqualTo(10);
    assertThat(training.next().getLabels().sumNumber().doubleValue()).isEqualTo(20);
  }
}
