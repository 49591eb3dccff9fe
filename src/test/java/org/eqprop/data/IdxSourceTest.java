package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.zip.GZIPOutputStream;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxSourceTest {
  private static ExampleSource.Header header(int examples, Shape shape) {
    return new ExampleSource.Header(examples, shape, OptionalInt.empty());
  }

  private static final byte[] PIXELS = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
  };

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private byte[] images = {};
  private byte[] labels = {};

  @BeforeEach
  void threeImages() {
    images = Idx.images(3, 2, 3, PIXELS);
    labels = Idx.labels((byte) 0, (byte) 200, (byte) 2);
  }

  private IdxSource files() {
    return new IdxSource(
        Idx.write(folder.resolve("images"), images), Idx.write(folder.resolve("labels"), labels));
  }

  private ByteExamples readAll() {
    return files().read(storage, new Slice(0, 3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsRawAndGzippedFiles(boolean gzip) {
    if (gzip) {
      images = Idx.gzip(images);
      labels = Idx.gzip(labels);
    }
    assertThat(files().header(storage)).isEqualTo(header(3, Shape.image(2, 3)));
    ByteExamples all = readAll();
    assertThat(all.pixels()).isEqualTo(PIXELS);
    assertThat(all.label(1)).isEqualTo(200);
    assertThat(all.shape()).isEqualTo(Shape.image(2, 3));
    ByteExamples middle = files().read(storage, new Slice(1, 2));
    assertThat(middle.pixels()).isEqualTo(Arrays.copyOfRange(PIXELS, 6, 12));
    assertThat(middle.label(0)).isEqualTo(200);
    assertThat(files().read(storage, new Slice(2, 2), 201).size()).isZero();
  }

  @Test
  void readsImagesThatCompressVeryWell() {
    images = Idx.gzip(Idx.images(3, 100, 200, new byte[60_000]));
    assertThat(readAll().pixels()).hasSize(60_000).containsOnly(0);
  }

  @Test
  void readsFileUris() {
    IdxSource files = files();
    IdxSource uris =
        new IdxSource(
            Path.of(files.images()).toUri().toString(), Path.of(files.labels()).toUri().toString());
    assertThat(uris.read(storage, new Slice(0, 3)).pixels()).isEqualTo(PIXELS);
  }

  @Test
  void refusesAMissingFile() {
    IdxSource missing = new IdxSource(folder.resolve("none").toString(), files().labels());
    assertThatThrownBy(() -> missing.header(storage))
        .isInstanceOf(InputException.class)
        .hasMessage(folder.resolve("none") + ": no such file");
    assertThatThrownBy(() -> new IdxSource("classpath:none", "classpath:none").header(storage))
        .hasMessage("classpath:none: no such file on the class path");
  }

  @Test
  void refusesAFolderInsteadOfAFile() {
    IdxSource wrong = new IdxSource(folder.toString(), files().labels());
    assertThatThrownBy(() -> wrong.header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder + ": ");
  }

  @Test
  void refusesAWrongMagicNumber() {
    images[3] = 1;
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(
            "images: wrong magic number 0x00000801: expected 0x00000803, an IDX file of images, or"
                + " 0x00000804, one of images with channels; --data reads CSV, Parquet and pictures,"
                + " data.format = cifar-10 CIFAR's files");
  }

  @Test
  void imagesMayHaveChannels() {
    images = Idx.images(3, new Shape(3, 2, 1), PIXELS);
    assertThat(files().header(storage)).isEqualTo(header(3, new Shape(3, 2, 1)));
    ByteExamples last = files().read(storage, new Slice(2, 3));
    assertThat(last.shape()).isEqualTo(new Shape(3, 2, 1));
    assertThat(last.pixels()).isEqualTo(Arrays.copyOfRange(PIXELS, 12, 18));
    assertThat(files().pick(storage, new int[] {1}).values(0)[3]).isEqualTo(10 / 255f);
    labels[3] = 4;
    assertThatThrownBy(() -> files().header(storage))
        .hasMessageEndingWith(
            "labels: wrong magic number 0x00000804: expected 0x00000801, an IDX file of labels");
  }

  /** The product of three sides of 2^31 - 1 overflows a long. */
  @Test
  void refusesAHeaderOfImpossiblyLargeImages() {
    int side = Integer.MAX_VALUE;
    images = Idx.images(2, new Shape(side, side, side), PIXELS);
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(
            "images: 2 × 2147483647 × 2147483647 × 2147483647 bytes: expected items of at most 2 GiB");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusesATruncatedFile(boolean gzip) {
    images = Arrays.copyOf(images, images.length - 1);
    if (gzip) {
      images = Idx.gzip(images);
    }
    assertThatThrownBy(this::readAll)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("images: truncated");
  }

  @Test
  void refusesATruncatedHeader() {
    labels = Arrays.copyOf(labels, 6);
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels: truncated");
    labels = new byte[0];
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels: truncated");
  }

  @Test
  void refusesATruncatedGzipFile() {
    images = Idx.gzip(images);
    images = Arrays.copyOf(images, images.length - 4);
    assertThatThrownBy(this::readAll)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("images: truncated");
  }

  @Test
  void refusesACorruptGzipFile() {
    images = Idx.gzip(images);
    images[images.length - 6] ^= 0x55; // in the CRC of the trailer
    assertThatThrownBy(this::readAll)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("images: corrupt gzip data");
  }

  @Test
  void refusesAFileLongerThanItsHeaderSays() {
    images = Arrays.copyOf(images, images.length + 1);
    assertThatThrownBy(this::readAll)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("longer than its header says");
  }

  /** Otherwise memory would be allocated for the missing items. */
  @Test
  void refusesAHeaderThatPromisesMoreThanSoShortAFileCanHold() {
    for (boolean gzip : new boolean[] {false, true}) {
      byte[] promising = Idx.images(2_000_000_000, 2, 3, PIXELS);
      images = gzip ? Idx.gzip(promising) : promising;
      assertThatThrownBy(() -> files().header(storage))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("images: truncated");
    }
  }

  /** The rest is never decompressed. */
  @Test
  void readsAnEndlessGzipFileOnlyAsFarAsItsHeaderPromises() throws IOException {
    ByteArrayOutputStream endless = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(endless)) {
      out.write(images);
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 100; i++) {
        out.write(zeros);
      }
    }
    images =
        Arrays.copyOf(endless.toByteArray(), endless.size() - 1000); // decompressing all would fail
    assertThatThrownBy(this::readAll)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("longer than its header says");
  }

  @Test
  void refusesAnEmptyDimension() {
    images = Idx.images(0, 2, 3);
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("dimension 1 is 0: expected at least 1");
  }

  @Test
  void refusesDifferentNumbersOfImagesAndLabels() {
    labels = Idx.labels((byte) 0, (byte) 1);
    assertThatThrownBy(() -> files().header(storage))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has 3 images but")
        .hasMessageContaining("has 2 labels");
  }

  @Test
  void refusesALabelOutOfRange() {
    assertThatThrownBy(() -> files().read(storage, new Slice(1, 3), 10))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels: label 200 of example 1: expected 0 to 9");
  }

  @Test
  void readsUnlabelledImages() {
    String file = Idx.write(folder.resolve("more"), images);
    IdxSource unlabelled = IdxSource.unlabelled(file);
    assertThat(unlabelled.header(storage)).isEqualTo(header(3, Shape.image(2, 3)));
    ByteExamples set = unlabelled.pick(storage, new int[] {0, 1, 2});
    assertThat(set.size()).isEqualTo(3);
    assertThat(set.pixels()).isEqualTo(PIXELS);
    assertThat(Idx.labelsOf(set)).containsExactly(0, 0, 0);
    assertThat(unlabelled.read(storage, new Slice(1, 3)).pixels())
        .isEqualTo(Arrays.copyOfRange(PIXELS, 6, 18));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsSingleExamplesInTheRequestedOrder(boolean gzip) {
    if (gzip) {
      images = Idx.gzip(images);
      labels = Idx.gzip(labels);
    }
    ByteExamples set = files().pick(storage, new int[] {2, 0, 2});
    assertThat(Idx.labelsOf(set)).containsExactly(2, 0, 2);
    assertThat(set.pixels())
        .containsExactly(13, 14, 15, 16, 17, 18, 1, 2, 3, 4, 5, 6, 13, 14, 15, 16, 17, 18);
    assertThat(set.values(1)[4]).isEqualTo(5 / 255f);
    assertThatThrownBy(() -> files().pick(storage, new int[] {0, 1}, 10))
        .hasMessageContaining("label 200 of example 1: expected 0 to 9");
  }

  @Test
  void readsNothingForAnEmptySlice() {
    IdxSource missing = new IdxSource("none", "none");
    assertThat(missing.read(storage, new Slice(3, 3), 10).size()).isZero();
  }

  /**
   * Checks that the embedded files are MNIST: their sizes, and the first training labels, which
   * every MNIST tutorial shows.
   */
  @Test
  void embedsMnist() {
    IdxSource training = IdxSource.MNIST_TRAINING;
    IdxSource test = IdxSource.MNIST_TEST;
    assertThat(training.header(storage)).isEqualTo(header(60_000, Shape.image(28, 28)));
    assertThat(test.header(storage)).isEqualTo(header(10_000, Shape.image(28, 28)));
    Examples set = training.read(storage, new Slice(0, 60_000), 10);
    assertThat(Arrays.copyOf(Idx.labelsOf(set), 10)).containsExactly(5, 0, 4, 1, 9, 2, 1, 3, 1, 4);
    assertThat(set.classCounts())
        .containsExactly(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949);
  }
}
