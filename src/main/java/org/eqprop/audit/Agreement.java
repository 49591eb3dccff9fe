package org.eqprop.audit;

/**
 * The agreement of an estimate g with a reference r, both taken as vectors.
 *
 * @param cosine ⟨g, r⟩/(‖g‖ ‖r‖), in [−1, 1]: only the direction
 * @param relativeError ‖g − r‖/‖r‖, ≥ 0: direction and length
 * @param equalSigns in [0, 1]: among the elements whose |r| is above 1e-6 of the largest |r|, the
 *     share where g has the sign of r; smaller elements are zeros that phases did not quite reach
 * @param scale ⟨g, r⟩/‖r‖²: how much of r is in g; 1 for g = r
 */
public record Agreement(double cosine, double relativeError, double equalSigns, double scale) {
  private static final double NEGLIGIBLE = 1e-6;

  /**
   * Compares the same part of two vectors. If r is 0 in this part, all four numbers are NaN; if
   * only g is 0, the cosine is NaN.
   *
   * @param estimate g; not modified
   * @param reference r; not modified
   * @param part the elements to compare
   */
  public static Agreement between(double[] estimate, double[] reference, GradientPart part) {
    double largest = 0;
    for (int i = part.from(); i < part.to(); i++) {
      largest = Math.max(largest, Math.abs(reference[i]));
    }
    double gg = 0;
    double gr = 0;
    double rr = 0;
    double difference = 0;
    int signs = 0;
    int equal = 0;
    for (int i = part.from(); i < part.to(); i++) {
      double g = estimate[i];
      double r = reference[i];
      gg += g * g;
      gr += g * r;
      rr += r * r;
      difference += (g - r) * (g - r);
      if (Math.abs(r) > NEGLIGIBLE * largest) {
        signs++;
        equal += Math.signum(g) == Math.signum(r) ? 1 : 0;
      }
    }
    return new Agreement(
        gr / (Math.sqrt(gg) * Math.sqrt(rr)),
        rr == 0 ? Double.NaN : Math.sqrt(difference / rr),
        (double) equal / signs,
        gr / rr);
  }
}
