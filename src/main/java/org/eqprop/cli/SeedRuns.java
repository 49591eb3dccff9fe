package org.eqprop.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Runs of the same training with several seeds: one folder per seed, and a file with the test
 * errors, their mean and standard deviation, which is replaced after each run.
 */
final class SeedRuns {
  private static final String FILE = "seeds.json";

  private final List<Long> seeds;
  private final Storage storage;
  private final String location;
  private final Map<Long, Double> errors = new LinkedHashMap<>();

  private SeedRuns(List<Long> seeds, Storage storage, String location) {
    this.seeds = seeds;
    this.storage = storage;
    this.location = location;
  }

  /**
   * Reads the seeds.
   *
   * @param texts at least two different whole numbers
   * @param location the folder that gets the folders of the seeds
   * @throws InputException if the texts are something else
   */
  static SeedRuns of(List<String> texts, Storage storage, String location) {
    List<Long> seeds = new ArrayList<>();
    for (String text : texts) {
      try {
        seeds.add(Long.valueOf(text.strip()));
      } catch (NumberFormatException e) {
        throw wrong(texts);
      }
    }
    if (seeds.size() < 2 || seeds.stream().distinct().count() < seeds.size()) {
      throw wrong(texts);
    }
    return new SeedRuns(List.copyOf(seeds), storage, location);
  }

  private static InputException wrong(List<String> texts) {
    return new InputException(
        "--seeds "
            + String.join(",", texts)
            + ": expected two or more different whole numbers, such as 1,2,3");
  }

  List<Long> seeds() {
    return seeds;
  }

  /** Returns the folder of the run with a seed. */
  String folder(long seed) {
    return Storage.path(location, "seed-" + seed);
  }

  /** Returns the location of the file with the errors. */
  String file() {
    return Storage.path(location, FILE);
  }

  /**
   * Checks that the folders are free and hold no errors of other seeds; changes nothing.
   *
   * @throws InputException if a folder is taken and is not to be overwritten
   */
  void check(boolean overwrite) {
    if (!overwrite && storage.exists(file())) {
      throw new InputException(
          "--out "
              + location
              + ": already has the errors of other seeds ("
              + FILE
              + "): choose another folder, or add --overwrite");
    }
    seeds.forEach(seed -> RunFolder.check(storage, folder(seed), overwrite));
  }

  /** Starts: deletes the errors of earlier runs, which are no longer valid. */
  void begin() {
    storage.delete(file());
  }

  /**
   * Adds a finished run, and writes the file.
   *
   * @param error the error rate on the test set, 0 … 1
   */
  void ended(long seed, double error) {
    errors.put(seed, error);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("seeds", List.copyOf(errors.keySet()));
    values.put("testErrors", List.copyOf(errors.values()));
    values.put("mean", mean());
    values.put("standardDeviation", errors.size() < 2 ? null : deviation());
    storage.writeText(file(), Json.pretty(values) + "\n");
  }

  private double[] rates() {
    return errors.values().stream().mapToDouble(Double::doubleValue).toArray();
  }

  private double mean() {
    return StatUtils.mean(rates());
  }

  private double deviation() {
    return new StandardDeviation().evaluate(rates());
  }

  /** Returns the mean test error ± the sample standard deviation over the seeds, in words. */
  String words() {
    return String.format(
        Locale.ROOT,
        "test error over seeds %s: %.2f ± %.2f %% (mean ± standard deviation of %s)",
        seeds.stream().map(String::valueOf).collect(Collectors.joining(", ")),
        100 * mean(),
        100 * deviation(),
        errors.values().stream()
            .map(error -> String.format(Locale.ROOT, "%.2f", 100 * error))
            .collect(Collectors.joining(", ")));
  }
}
