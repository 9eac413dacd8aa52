export default {
  title: 'Harbour Notes',
  url: 'https://eleventy.example/',
  language: 'en',
  description: 'What the sea brings',
  author: { name: 'Ann Lee', url: 'https://ann.example/' },
};
