/** A laptop's stages have a laptop's addresses, and no secrets: they are not deployed. */
const LOCAL_STAGES = ["local", "test"];

/** Refuses `sls deploy` where it could only lead to something that does not work. */
class Guard {
  constructor(serverless) {
    this.hooks = {
      "before:deploy:deploy": () => {
        const { stage } = serverless.service.provider;
        if (LOCAL_STAGES.includes(stage)) {
          throw new serverless.classes.Error(
            `the stage ${stage} is for a laptop: deploy with --stage dev or --stage prod`,
          );
        }
      },
    };
  }
}

module.exports = Guard;
