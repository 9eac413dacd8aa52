import { feedPlugin } from '@11ty/eleventy-plugin-rss';

export default function (eleventyConfig) {
  eleventyConfig.addPreprocessor('drafts', '*', (data) => (data.draft ? false : undefined));
  eleventyConfig.addPlugin(feedPlugin, {
    type: 'atom',
    outputPath: '/feed.xml',
    collection: { name: 'posts', limit: 0 },
    metadata: {
      language: 'en',
      title: 'Harbour Notes',
      subtitle: 'What the sea brings',
      base: 'https://eleventy.example/',
      author: { name: 'Ann Lee' },
    },
  });
  return { dir: { input: 'content', includes: '../_includes', data: '../_data' } };
}
