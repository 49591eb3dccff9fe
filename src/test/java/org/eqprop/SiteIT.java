package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The site that {@code mvn site} builds. */
class SiteIT {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));
  private static final Path SITE = BASE.resolve("target/site");
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]*)\"");
  private static final Pattern ANCHOR = Pattern.compile("\\b(?:id|name)=\"([^\"]*)\"");

  @TempDir static Path folder;

  @BeforeAll
  static void buildTheSite() throws IOException, InterruptedException {
    Maven.run(folder.resolve("site.log"), "site");
  }

  /** All pages but Javadoc's. */
  private static Map<Path, String> pages() throws IOException {
    Map<Path, String> pages = new HashMap<>();
    try (Stream<Path> walked = Files.walk(SITE)) {
      for (Path page : walked.filter(file -> file.toString().endsWith(".html")).toList()) {
        if (!page.startsWith(SITE.resolve("apidocs"))) {
          pages.put(page, Files.readString(page));
        }
      }
    }
    return pages;
  }

  private static Set<String> found(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher
        .results()
        .map(hit -> hit.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyPageIsInTheMenuAndEveryLinkLeadsSomewhere() throws IOException {
    Map<Path, String> pages = pages();
    assertThat(pages).hasSizeGreaterThan(30);
    List<String> broken = new ArrayList<>();
    pages.forEach(
        (page, text) ->
            found(LINK, text).stream()
                .filter(link -> !link.matches("(?:https?|data|mailto|javascript):.*"))
                .filter(link -> !leadsSomewhere(page, link, pages))
                .forEach(link -> broken.add(SITE.relativize(page) + ": " + link)));
    assertThat(broken).isEmpty();
    // A page's own entry in its menu is no link.
    String menus = pages.get(SITE.resolve("index.html")) + pages.get(SITE.resolve("changes.html"));
    try (Stream<Path> sources = Files.list(BASE.resolve("src/site/markdown"))) {
      for (Path source : sources.filter(file -> file.toString().endsWith(".md")).toList()) {
        String page = source.getFileName().toString().replace(".md", ".html");
        assertThat(found(LINK, menus)).contains(page);
      }
    }
  }

  private static boolean leadsSomewhere(Path page, String link, Map<Path, String> pages) {
    URI uri = URI.create(link.replace(" ", "%20"));
    Path target = uri.getPath().isEmpty() ? page : page.resolveSibling(uri.getPath()).normalize();
    if (!Files.isRegularFile(target)) {
      return false;
    }
    String anchor = uri.getFragment();
    return anchor == null
        || anchor.isEmpty()
        || !pages.containsKey(target)
        || found(ANCHOR, pages.get(target)).contains(anchor);
  }

  @Test
  void referencePagesHaveEveryKeyCommandAndParameter() throws IOException {
    assertThat(Files.readString(SITE.resolve("reference-configuration.html")))
        .contains("relaxation.free-steps", "Strength of the nudge", "device.weights.levels");
    assertThat(Files.readString(SITE.resolve("reference-commands.html")))
        .contains("submit/train", "--replicas=N", "submit/audit", "--require");
    assertThat(Files.readString(SITE.resolve("reference-spark-ml.html")))
        .contains("validationIndicatorCol", "featuresCol", "maxIter");
  }

  @Test
  void javadocIsLinked() {
    assertThat(SITE.resolve("apidocs/org/eqprop/spark/TrainingSession.html")).isRegularFile();
  }
}
