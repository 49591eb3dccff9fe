package org.eqprop.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for the report of a training. */
@OptionGroup(ReportOptions.HEADING)
final class ReportOptions {
  static final String HEADING = "Report and tracking";

  @Option(names = "--no-report", description = "do not make report.html at the end")
  boolean none;

  @Option(
      names = "--live",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "HOST:PORT",
      description =
          "serve the report during the run; by default only on the loopback address, on a free"
              + " port")
  @Nullable String live;
}
