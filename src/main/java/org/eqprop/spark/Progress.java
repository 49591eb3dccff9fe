package org.eqprop.spark;

/** Progress of the current epoch. Thread-safe. */
public interface Progress {

  /**
   * Counts of what has been trained on in the current epoch.
   *
   * @param batches batches trained on
   * @param images images trained on
   * @param errors how many of these images were misclassified at their free equilibrium
   */
  record Count(long batches, long images, long errors) {
    /** Returns the sum of both. */
    public Count plus(Count other) {
      return new Count(batches + other.batches, images + other.images, errors + other.errors);
    }
  }

  /** Returns what the replicas have reported of the epoch so far. */
  Count now();
}
