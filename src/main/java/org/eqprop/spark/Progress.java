package org.eqprop.spark;

/** How far the running epoch is; any thread may ask. */
public interface Progress {

  /**
   * What has been trained in the running epoch.
   *
   * @param batches batches done
   * @param images images trained on
   * @param errors of these, wrong at their free equilibrium
   */
  record Count(long batches, long images, long errors) {
    /** Returns both together. */
    public Count plus(Count other) {
      return new Count(batches + other.batches, images + other.images, errors + other.errors);
    }
  }

  /** Returns what the epoch's replicas have told so far. */
  Count now();
}
