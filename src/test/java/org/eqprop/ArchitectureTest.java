package org.eqprop;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Imports point only upwards in the list of packages, and only the outer ones know Spark. */
class ArchitectureTest {
  private static final List<String> PACKAGES =
      List.of(
          "base",
          "storage",
          "data",
          "network",
          "dynamics",
          "backend",
          "device",
          "learning",
          "audit",
          "model",
          "config",
          "spark",
          "run",
          "report",
          "grid",
          "dl4j",
          "ml",
          "track",
          "cli");
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.eqprop");

  private static String[] named(List<String> packages) {
    return packages.stream().map(p -> "org.eqprop." + p + "..").toArray(String[]::new);
  }

  @Test
  void everyPackageIsInTheList() {
    assertThat(
            CLASSES.stream()
                .map(c -> c.getPackageName().replace("org.eqprop.", "").replaceAll("\\..*", ""))
                .distinct())
        .containsExactlyInAnyOrderElementsOf(PACKAGES);
  }

  @Test
  void importsPointOnlyUpwards() {
    for (int i = 0; i + 1 < PACKAGES.size(); i++) {
      noClasses()
          .that()
          .resideInAPackage("org.eqprop." + PACKAGES.get(i) + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(named(PACKAGES.subList(i + 1, PACKAGES.size())))
          .check(CLASSES);
    }
  }

  @Test
  void onlyTheOuterPackagesKnowSpark() {
    noClasses()
        .that()
        .resideInAnyPackage(
            named(
                PACKAGES.stream()
                    .filter(
                        p -> !List.of("spark", "grid", "dl4j", "ml", "track", "cli").contains(p))
                    .toList()))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..")
        .check(CLASSES);
  }

  /**
   * A new kind of data needs only one class, because everything that computes reads any {@code
   * ExampleSource}.
   */
  @Test
  void onlyTheConfigurationAndItsCallersKnowWhereExamplesComeFrom() {
    noClasses()
        .that()
        .resideOutsideOfPackages(named(List.of("data", "config", "dl4j", "cli")))
        .should()
        .dependOnClassesThat()
        .haveNameMatching("org\\.eqprop\\.data\\.(Idx|Cifar|Memory).*")
        .check(CLASSES);
  }

  /** Those places limit depth, size, includes and substitutions. */
  @Test
  void hoconAndJsonAreEachParsedInOnePlace() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.eqprop.config.Hocon")
        .should()
        .callMethodWhere(
            describe(
                "HOCON is parsed or resolved",
                call ->
                    (call.getTargetOwner().isEquivalentTo(ConfigFactory.class)
                            && call.getName().matches("(parse|load).*"))
                        || (call.getTargetOwner().isEquivalentTo(Config.class)
                            && call.getName().startsWith("resolve"))))
        .check(CLASSES);
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.eqprop.base.Json")
        .should()
        .callConstructorWhere(
            describe(
                "a mapper without limits is created",
                call -> call.getTargetOwner().isAssignableTo(ObjectMapper.class)))
        .check(CLASSES);
  }
}
